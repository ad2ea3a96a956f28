// Package pretrain makes the nano preset: its texts, its tokenizer and a small
// Llama trained on both styles of text in full precision.
//
// It exists so that nobody has to believe the files in the repository. A test
// holds the texts and the tokenizer there to what this package writes; weights
// come out the same for the same code, seed and backend. It is not part of an
// experiment; those start from what it made.
package pretrain
