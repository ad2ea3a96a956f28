// Package tokenizer trains byte-level BPE tokenizers and encodes text with them.
//
// [Train] learns merges from a text; [Tokenizer.JSON] writes the result as
// Hugging Face's tokenizer.json, and [Parse] reads such files back: those
// written here and those of the SmolLM family, whose pre-tokenizer is Digits,
// then ByteLevel with GPT-2's pattern. [New] makes a tokenizer from the lists of
// tokens and merges that a GGUF file holds. Token ids are those of Hugging Face's
// tokenizers library.
//
// A trained tokenizer splits much as SmolLM's does, digits one by one, but its
// file spells the split out as a pattern without lookahead. So readers that
// know neither Digits nor GPT-2's pattern encode the same ids, too; go-huggingface's
// hftokenizer (v0.4.0) is one, and would drop the spaces of a SmolLM text.
//
// It isn't a general reader of tokenizer.json: normalizers, other models and
// templates are refused, not ignored.
package tokenizer
