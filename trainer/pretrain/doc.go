// Package pretrain makes the nano preset: its texts, its tokenizer and a small
// Llama trained on both styles of text in full precision.
//
// It exists so that nobody has to believe the files in the repository: the same
// seed and backend make them again. It is not part of an experiment; those
// start from what it made.
package pretrain
