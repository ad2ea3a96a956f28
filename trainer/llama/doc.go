// Package llama is the Llama architecture as a graph: token ids in, logits out.
//
// It is fixed: an experiment may change how a linear layer computes, not the
// network around it. The linear layers are therefore handed in by the caller
// ([Linear]): [Dense] for full precision, the mutable trainer's BitLinear for
// quantization-aware training, the exported codes for evaluation.
//
// Names of tensors and fields are those of Hugging Face's Llama, so that a
// model folder from a hub is read as it is. The package holds no weights, reads
// no files except config.json, and knows nothing of training.
package llama
