// Package journal keeps the record of a run: what was tried, what came of it,
// and the decision. It writes files and folds them, and takes the figures that a
// verdict needs out of them; what a verdict makes of figures is in package verdict. It
// trains nothing, commits nothing and knows no proposer. It does not lock: the loop
// sees to it that one process writes a run.
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
// dies in the middle leaves at most one unfinished last line; [Open]
// removes it and says so, and [Read] leaves it out. Nobody was told that
// such a record exists. Any other line that does not fit its checksum, or is out
// of sequence, is an error that names the line, since what follows it cannot be
// trusted either.
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
package journal
