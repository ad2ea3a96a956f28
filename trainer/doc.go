// Trainer fine-tunes a Llama with ternary weights.
//
// The files of this folder, except main.go and tests, are the experiment: an
// agent or a person may change them, one reviewable diff at a time. They read
// from top to bottom:
//
//	recipe.go      every knob, with its allowed values
//	train.go       what a training step is made of, and where it is
//	bitlinear.go   the linear layer with ternary weights
//	quantize.go    weights to {-1, 0, +1} and scales; activations to integers
//	deadzone.go    what happens to weights that are rounded to 0
//	schedule.go    how lambda and the learning rate move over the steps
//	loss.go        what is minimized
//	optimizer.go   how gradients become updates
//
// Everything else (data, seeds, steps, evaluation, export) lies in the packages
// below and is fixed. main.go is fixed too.
package main
