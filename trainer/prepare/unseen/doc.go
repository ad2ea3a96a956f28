// Package unseen holds the text of the nano preset that no training may see:
// eval.txt, which eval_ppl is measured on. It is fixed and public, so that figures
// compare between machines and runs; the final check of a run has a text of its own,
// which package corpus generates from a secret seed.
//
// It is embedded in programs for people and in the evaluator. A trainer that
// the agent builds from an experiment's change has the build tag "candidate", with
// which this package is empty; the agent also keeps this folder's text out of the
// files that such a build can read.
package unseen
