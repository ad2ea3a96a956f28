// Package checkpoint reads and writes the model folders that ternlab passes
// around: config.json beside model.safetensors, in Hugging Face's format.
//
// There are two kinds. A model folder ([ReadModel], [WriteModel]) holds a
// full-precision Llama under its usual tensor names. An export ([ReadExport],
// [WriteExport]) holds the same network with ternary linear layers; for a layer
// whose weight was "model.layers.0.mlp.up_proj.weight" [out, in] it has
//
//	model.layers.0.mlp.up_proj.codes   I8  [out, in]             -1, 0 or +1
//	model.layers.0.mlp.up_proj.scales  F16 [out, in/group size]  one per group of a row
//	model.layers.0.mlp.up_proj.bias    F32 [out]                 optional
//
// and F32 embeddings and norms, while config.json says under
// "quantization_config" how activations are quantized. A weight is code · scale.
//
// The package checks what it reads to the last byte, because exports come from
// code that an experiment has changed. It knows nothing of graphs or training.
package checkpoint
