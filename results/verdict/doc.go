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
//   - One whose gain is huge, eval_ppl at least halved by many times the noise that is
//     known, is kept at once ([Look.Huge]): after one seed, or two.
//   - Another is clear when even the upper bound of the true difference is below
//     -[Rule.MinEffect]. With one seed it never is. It is kept when it was measured on
//     five seeds at least, is ahead on average over all, and loses on no seed more than
//     it gains on average. One that was clear and has a seed as bad as that is discarded
//     at once. Where it is clear by many times the noise the champion isn't trained on
//     the seeds that come ([Rule.NeedsChampion]).
//   - One that isn't clear gets a further seed, up to [Rule.MaxSeeds], unless what can
//     still come is unlikely to make it clear. What is dropped though its 95 % interval
//     excludes that it is no better is promising ([ActionPromise]).
//
// So a recipe that is better on most seeds and terrible on some is kept only if none
// of five seeds is one of those: of one that is bad on a tenth of all seeds, 5 seeds
// show nothing in 59 of 100 cases, 8 in 43. No rule can do better with as many. The
// worst seed is in the verdict (journal.Judged.Worst). What is kept at once was seen on
// one seed or two. A recipe that halves eval_ppl there is worse on average only if it
// learns nothing at all on every other seed, or loses far more than it gains on every
// third; the final check, on five seeds, is where such a one shows.
//
// The bound errs with a chance that is fixed in advance: alpha is spent over
// experiments as a convergent series (those that were planned share nine tenths of it
// equally, later ones ever less, so that enlarging the budget is free), and an
// experiment's part over its looks k = 2, 3, … in proportion to k³, but for a fiftieth
// that is for huge gains. Alpha is the number of false keeps in a whole run, at most and
// on average ([Rule.Alpha]): in a run in which nothing helps, by the union bound,
// whatever the dependence between candidates that share a champion. A run that has kept
// something gets back what it spent since ([Rule.alphaOf]): from the second keep on the
// promise is about the share of false ones among the kept, as in LORD++, and holds as
// far as candidates of one champion are independent or positively dependent. Looks that
// share data are accounted for exactly, by the distribution of a random walk.
//
// The bound is Student's t over the differences, seed by seed, with a moderated variance
// ([Comparison]): that of the candidate's own differences, and that of what recipes and
// seeds leave unexplained of the champion and all that was compared with it before
// ([Residuals]), which counts as up to 8 degrees of freedom; what was seen around former
// champions counts as up to 4 of these, for noise differs tenfold between recipes. So
// differences that agree by chance are no proof. It assumes that neighbours scatter
// alike. A candidate that scatters more than twice as much as they do, in variance, is
// judged by its own differences alone.
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
// measured on five seeds at least.
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
