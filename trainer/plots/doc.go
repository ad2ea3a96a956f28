// Package plots draws trainings: loss, eval_ppl, lambda, learning rate, codes,
// and how much the codes still change, over the steps; several trainings overlaid.
//
// It reads results.tsv and, where it lies beside, layers.tsv, and writes PNG or
// SVG. It computes no figure of its own.
package plots
