// Package bench has what a run's experiments and checks are made with: the run's record,
// lab and texts, opened by the one process that writes the run ([Open]); its settings and
// budgets; what it has in hand, and whether more may begin ([Bench.Working],
// [Bench.MayBegin]). Whoever opens it names the observers of what happens.
//
// It decides nothing and tries nothing: see the packages trials, loop and check.
package bench
