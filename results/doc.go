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
//	{"v":2,"seq":7,"kind":"evaluated","experiment":3,"time":"2026-01-02T03:04:05.678Z","data":{…},"crc":"0badc0de"}
//
//	v           schema version, 2
//	seq         1, 2, 3, … without a gap; the order of events
//	kind        what happened, and with it the type of data (see below)
//	experiment  0 is the baseline; 0 in the run record, too
//	time        UTC, for people; no decision rests on it
//	data        the fields of the kind's type
//	crc         CRC-32C (Castagnoli) of the line without its line break and
//	            without `,"crc":"…"`, 8 hex digits; always the last field
//
// The kinds and the types of their data:
//
//	run        Run        once, first: the settings that a resumed run keeps
//	intent     Intent     an experiment begins, from which parent, with which seeds
//	spent      Spent      what a request to a language model cost
//	proposal   Proposal   what is to be tried, and why
//	built      Built      the candidate compiled
//	trained    Trained    the training ended, with its evaluation points
//	evaluated  Evaluated  the fixed evaluator's figures
//	verdict    Judged     keep, discard or crash; nothing but committed follows
//	committed  Committed  the commit and the ref that hold it
//
// An experiment that crashes skips what it did not reach and goes on to its
// verdict. One without a verdict is running, or was interrupted; a second intent
// starts it over. A measure that was not taken is null. A field that is absent
// has its zero value, or is missing if it is a measure. A change that a reader
// of this version would misunderstand, a new kind among them, raises v; a reader
// refuses a version that is newer than its own. Version 1 had no spent records;
// its tokens stood in the proposal's.
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
// results.tsv has the columns of program.md, then those that say whose row it is:
//
//	step lambda train_loss train_ppl eval_ppl eval_bpb lr time_s best_ppl
//	q_neg1 q_zero q_pos1 experiment seed commit status description
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
// [Decide] is the one place where a candidate is kept or dropped. It is the rule
// of program.md: eval_ppl is lower than the champion's on the same seeds.
package results
