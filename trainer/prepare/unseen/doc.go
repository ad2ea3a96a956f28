// Package unseen holds the texts of the nano preset that no training may see:
//
//	eval.txt      what eval_ppl is measured on
//	holdout.txt   text in eval.txt's manner for the final check of a whole run
//
// They are embedded in programs for people and in the evaluator. A trainer that
// the agent builds from an experiment's change has the build tag "candidate", with
// which this package is empty; the agent also keeps this folder's texts out of the
// files that such a build can read.
package unseen
