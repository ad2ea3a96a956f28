// Command simulation plays the keep rules on made-up noise, many runs of many
// experiments, and prints the tables of docs/judge.md: how often a change that
// does nothing is kept, and how often one that helps is.
//
//	go run ./results/verdict/simulation
//
// Champion and candidate are drawn as log eval_ppl by seed: a part that the two
// share on a seed, and a part of their own. It trains nothing.
package main
