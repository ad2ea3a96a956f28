// Package table has the figures that a training reports, as trainer and agent
// share them: a [Measure], which may be missing, the [Point] of an evaluation, and
// results.tsv, which has a [Row] per point. It knows no journal and judges nothing, so
// that a trainer which links it links no judge.
//
// # results.tsv
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
package table
