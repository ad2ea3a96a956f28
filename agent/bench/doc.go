// Package bench has what a run's experiments and checks are made with: the run's record
// and lab, opened by the one process that writes the run ([Open]); what it has in hand,
// and whether more may begin; trials of its recipes, each with its share of what the
// run holds equal, and their records.
//
// It decides nothing: what is tried is for package loop to say, what is checked for
// package check.
package bench
