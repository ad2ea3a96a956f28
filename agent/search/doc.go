// Package search chooses whole recipes to try next: a space-filling design first,
// then the recipe that a Gaussian process over all knobs expects the greatest
// improvement of.
//
// The process has a Matérn kernel over knobs of all kinds: distances of ordered
// knobs on their own scale, and whether two choices without an order differ. A knob
// that does nothing, because its condition doesn't hold, counts as having its first
// value. How much each knob matters is fitted to what was measured, under the prior
// of Hvarfner et al. (Vanilla Bayesian Optimization Performs Great in High
// Dimensions, 2024), by which most of many knobs matter little. How far measurements
// scatter is fitted, too, or told.
//
// Everything follows from the measurements and the source of random numbers that
// is given: the same ones lead to the same recipe.
//
// The package knows no files, experiments or verdicts. Losses are whatever is to be
// low.
package search
