// Package checkpoint reads and writes the models that ternlab passes around:
// folders with config.json beside model.safetensors, in Hugging Face's format,
// and GGUF files, as llama.cpp runs them.
//
// A model folder ([ReadModel], [WriteModel]) holds a full-precision Llama under
// its usual tensor names, in one file or several. A GGUF file ([ReadGGUF]) holds
// one under llama.cpp's names, mostly quantized, with its tokenizer; its weights
// are dequantized and become what a model folder holds. An export ([ReadExport],
// [WriteExport]) holds the same network with ternary linear layers; for a layer
// whose weight was "model.layers.0.mlp.up_proj.weight" [out, in] it has
//
//	model.layers.0.mlp.up_proj.codes   I8  [out, in]             -1, 0 or +1
//	model.layers.0.mlp.up_proj.scales  F16 [out, in/group size]  one per group of a row
//	model.layers.0.mlp.up_proj.bias    F32 [out]                 optional
//	model.layers.0.mlp.up_proj.input_scales  F32 [in]            with activations per channel
//
// and F32 embeddings and norms, while config.json says under
// "quantization_config" how activations are quantized. A weight is code · scale.
// [WriteGGUF] makes a GGUF file of it; docs/export.md describes both formats.
//
// The package checks what it reads to the last byte, because exports come from
// code that an experiment has changed, and models from anywhere: text is bounded
// before it is parsed, an export's files by what its architecture can need, its
// values by those that it was trained from ([Bounds]). [Export.Bits] says how many
// bits an export has, and where. Tensors are read
// and written piece by piece: a model lies in memory once. The package knows
// nothing of graphs or training.
package checkpoint
