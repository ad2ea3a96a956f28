// Package results keeps the record of a run: what was tried, what came of it,
// and the decision. It writes files and folds them; it trains nothing, commits
// nothing and knows no proposer. It does not lock: the loop sees to it that one
// process writes a run.
//
// # Files of a run
//
// A run lives in the folder runs/<tag>:
//
//	journal.jsonl    the truth: append-only, checksummed, on the disk at once
//	results.tsv      derived: one row per evaluation point
//	experiments.tsv  derived: one line per experiment, autoresearch's format
//
// [WriteFiles] writes the two derived files from [Fold] of the journal, and the
// same journal always gives the same bytes. They may be deleted at any time.
//
// # The journal
//
// The journal is a text of one JSON object per line, each ended by "\n":
//
//	{"v":4,"seq":7,"kind":"evaluated","experiment":3,"time":"2026-01-02T03:04:05.678Z","elapsed_s":61.5,"data":{…},"crc":"0badc0de"}
//
//	v           schema version, 4
//	seq         1, 2, 3, … without a gap; the order of events
//	kind        what happened, and with it the type of data (see below)
//	experiment  0 is the baseline; 0 in the run record, too
//	time        UTC, for people and as the date of commits; no decision rests on it
//	elapsed_s   seconds that agents have had the journal open, in all, by a clock
//	            that isn't set; left out where 0
//	data        the fields of the kind's type
//	crc         CRC-32C (Castagnoli) of the line without its line break and
//	            without `,"crc":"…"`, 8 hex digits; always the last field
//
// The kinds and the types of their data:
//
//	run        Run        once, first: the settings that a resumed run keeps
//	reference  Reference  the full-precision model was measured on a text
//	unseen     Unseen     the text of the next final check is fixed, by a digest
//	intent     Intent     an experiment begins, from which parent, with which seeds
//	spent      Spent      what a request to a language model cost
//	answer     Answer     what the proposer answered, before it was looked at
//	proposal   Proposal   what is to be tried, and why
//	built      Built      the candidate compiled
//	trained    Trained    the training ended, with its evaluation points
//	evaluated  Evaluated  the fixed evaluator's figures
//	looked     Looked     no verdict yet: a further seed follows, or the rest of the batch
//	verdict    Judged     keep, simplify, discard or crash
//	committed  Committed  the commit and the ref that hold it
//	repeated   Repeated   a kept recipe was trained again on a seed that it was measured on
//	withdrawn  Withdrawn  its figure differed: it is kept no longer; a committed record follows
//	ablated    Ablated    the champion was measured without this kept change
//	revealed   Revealed   a final check is done: the seed of its text
//
// trained and evaluated say which seed they are about, and come once per seed
// ([Trial]). A kept experiment is measured on further seeds when candidates are
// compared with it and in the final check: these records follow its commit,
// between those of later experiments, and change nothing of what was decided.
// reference, unseen and revealed are of the run, and may stand anywhere behind its record.
// A champion is checked on a text that was fixed, and not revealed, before it was
// decided ([Run.UnseenText]). A revealed seed that doesn't fit its digest is refused,
// so a journal that can be read was checked on the texts that it says.
//
// Version 1 had one seed per experiment and nothing behind a commit; its journals
// are read as runs under the brief's rule.
//
// An experiment that crashes skips what it did not reach and goes on to its
// verdict. One without a verdict is running, or was interrupted, and goes on behind
// its last record; a second intent starts it over. A measure that was not taken is null. A field that is absent
// has its zero value, or is missing if it is a measure. A change that a reader
// of this version would misunderstand, a new kind among them, raises v; a reader
// refuses a version that is newer than its own. Version 1 had no spent records;
// its tokens stood in the proposal's. Version 2 had no answer and looked records.
// Version 4 has more fields, all of which may be absent, as they are in older
// journals.
//
// [Journal.Append] returns when the line is on the disk (fsync). A writer that
// dies in the middle leaves at most one unfinished last line; [OpenJournal]
// removes it and says so, and [ReadJournal] leaves it out. Nobody was told that
// such a record exists. Any other line that does not fit its checksum, or is out
// of sequence, is an error that names the line, since what follows it cannot be
// trusted either.
//
// # The tables
//
// results.tsv has the columns of program.md, then what the training had taken up to
// the row, as far as that is known, then whose row it is:
//
//	step lambda train_loss train_ppl eval_ppl eval_bpb lr time_s best_ppl
//	q_neg1 q_zero q_pos1 tokens flops experiment seed commit status description
//
// They are separated by tabs. A missing value is an empty field, never 0 and
// never NaN. The row of an evaluated experiment's last step has the evaluator's
// eval_ppl and eval_bpb; all else is what the training reported. A training by
// hand writes the same columns with experiment, commit and status empty.
//
// experiments.tsv is described at [WriteSummary].
//
// # The verdict
//
// A [Rule] decides which candidates are kept. The brief's ([RuleBrief], [Decide])
// is that of program.md: one training, lower is better. The default
// ([RuleSequential], [Rule.Look]) bounds the chance that a run keeps anything
// that is no better than its champion, over the whole run, by [Rule.Alpha].
//
// Champion and candidate are trained on the same seeds ([PairedSeed]), which
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
// with as many. The worst seed is in the verdict ([Judged.Worst]).
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
// [StatusSimplify], when the upper bound of the difference, at 5 % over all its
// looks, is below [Equivalence] less what the run's simplifications have cost
// before ([Worsened]): they may cost 1 % in all, however many there are and whatever
// is gained in between. It claims no gain and spends nothing of alpha. It, too, is
// measured on all seeds.
//
// # A champion is held to its figures
//
// The same recipe on the same seed gives the same figure to the last digit. A champion
// is trained again on a seed that it was measured on ([RepeatSeed]): once, before the
// first candidate that is ahead of it gets a second seed, and once for the final
// check. Where the figure differs the baseline is trained again, too. If its figure is
// the same the champion is withdrawn ([StatusWithdrawn]); if not, machine and backend
// don't repeat, and four standard deviations of noise are allowed ([RepetitionOf]). The
// champion before it is the champion again, and held to its figures anew; a commit on
// the run's branch restores its files. Candidates that were compared with the withdrawn
// one are discarded, and their changes tried again ([Orphaned]).
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
// against a champion that was better on the way than its export is ([Trial.Misfit]).
package results
