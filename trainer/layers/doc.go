// Package layers describes the ternary layers of a model in training: how many
// weights are 0, what the scales are, how many codes change, how much rounding
// costs. It is the content of layers.tsv, which lies beside results.tsv and tells
// what the figures there come from.
//
// layers.tsv has a line per layer and evaluation, and one for all layers together,
// named "all". Step 0 is the model before training, rounded. Columns:
//
//	step             optimizer steps done
//	layer            the weight's name without ".weight", or "all"
//	weights          number of weights
//	group_size       weights that share a scale; the mean, for all layers together
//	zero             share of weights whose code is 0
//	scale_mean       mean of the groups' scales
//	scale_min        smallest scale
//	scale_max        largest scale
//	flips_per_step   weights whose code isn't what it was at the evaluation before,
//	                 divided by the steps since; empty at the first one
//	relative_mse     squared error of rounding, relative to the squared weights:
//	                 sum (w - code·scale)² / sum w²
//
// A weight that flips there and back between two evaluations isn't counted.
// Nothing here judges a training; experiments are judged by eval_ppl alone.
package layers
