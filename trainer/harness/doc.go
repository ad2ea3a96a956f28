// Package harness runs a training: it owns the steps, the data, the seed, the
// evaluations on the way and the export, and asks the mutable trainer only for
// what an experiment may change ([Training]).
//
// It is fixed. It has no opinion on how weights are quantized or updated, and
// it judges nothing: the figures it reports are for people, while a verdict
// rests on a measurement of the export by package evaluate.
package harness
