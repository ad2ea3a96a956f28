// Package verdict decides by figures: whether a candidate is kept, whether a training
// is hopeless, whether two texts agree on a gain. It works on plain numbers, log
// eval_ppl by seed. It reads no journal, trains nothing and knows no recipe; package
// journal takes the figures out of a run's records.
//
// # The verdict
//
// A [Rule] decides which candidates are kept. The brief's ([RuleBrief], [Decide])
// is that of program.md: one training, lower is better. The default
// ([RuleSequential], [Rule.Look]) bounds the chance that a run keeps anything
// that is no better than its champion, over the whole run, by [Rule.Alpha].
//
// Champion and candidate are trained on the same seeds (journal.PairedSeed), which
// decide the order of the data, and compared by the differences of log eval_ppl.
// After each seed there is a look:
//
//   - A candidate that isn't ahead, on average over its seeds, is discarded. Most
//     are at the first look, for the price of one training.
//   - It is clear when even the upper bound of the true difference is below
//     -[Rule.MinEffect]. With one seed nothing is.
//   - Whether it is clear or not, there is a further seed, up to [Rule.MaxSeeds].
//     Both are trained on it; the candidate alone where it is clear by many times
//     the noise ([Rule.NeedsChampion]).
//   - After the last seed a candidate is kept that was clear at some look, is ahead
//     on average over all, and loses on no seed more than it gains on average. One
//     that was clear and has a seed as bad as that is discarded at once.
//
// So a recipe that is better on most seeds and terrible on some is kept only if none
// of [Rule.MaxSeeds] seeds is one of those: of one that is bad on a tenth of all
// seeds, 5 seeds show nothing in 59 of 100 cases, 10 in 35. No rule can do better
// with as many. The worst seed is in the verdict (journal.Judged.Worst).
//
// The bound errs with a chance that is fixed in advance: alpha is spent over
// experiments as a convergent series (the first 50 share four fifths of it
// equally, later ones ever less, so that enlarging the budget is free), and an
// experiment's part over its looks k = 2, 3, … in proportion to k². By the union
// bound no more than alpha is spent in all, whatever the dependence between
// looks that share data and between candidates that share a champion; the
// spending idea is that of Lan and DeMets, "Discrete sequential boundaries for
// clinical trials", Biometrika 70 (1983), with a power of the information as in
// Kim and DeMets, Biometrika 74 (1987).
//
// The bound is the lower of two ([Comparison]), the first with two thirds of that
// chance, the second with the rest. The paired one is Student's t over the differences, with as many degrees of freedom
// as there are seeds less one: right whatever the noise, sharp where both recipes
// see the same data. The pooled one is the two-sample t with the spread of single
// values around each recipe's mean, over the champion (the baseline's reruns on
// fresh seeds among them), this candidate, and those that were compared with the
// same champion before. It assumes that neighbours scatter alike; where the two at
// hand scatter more, they alone count, with their own degrees of freedom. A new champion starts this pool
// anew, for noise differs tenfold between recipes.
//
// Differences that agree by chance are no proof either: they count as scattering at
// least as much as the neighbours' do in all but one of 100 cases.
//
// A champion was chosen for its figures, so they are lucky on the seeds that it
// was kept on (the winner's curse). That makes the next candidate look worse than
// it is: fewer keeps, not more false ones.
//
// A candidate with less code ([LessCode]) may also be kept as equal:
// [ActionSimplify], when the upper bound of the difference, at 5 % over all its
// looks, is below [Equivalence] less what the run's simplifications have cost
// before ([Worsened]): they may cost 1 % in all, however many there are and whatever
// is gained in between. It claims no gain and spends nothing of alpha. It, too, is
// measured on all seeds.
//
// docs/judge.md has how often all this errs, and what it finds, by simulation and
// on nano.
//
// # Racing
//
// A training is stopped when its evaluations on the way show that it has no hope
// ([Band.Hopeless]): the last two lie behind the champion's on the same seed by
// more than the measured noise explains, and the last doesn't reach what the
// champion had one evaluation earlier. Nothing is stopped before the noise was
// measured, with the first candidate that is ahead.
// Snapshots are the candidate's, and what it ends with is what counts: nobody races
// against a champion that was better on the way than its export is (journal.Trial.Misfit).
package verdict
