package table

import "strconv"

// column is how one column of results.tsv is written and read.
type column struct {
	name   string
	format func(*Row) string
	parse  func(*Row, string) error
}

// rowColumns are the columns of results.tsv in their order: those of program.md,
// what the training took so far, then those that name the experiment.
func rowColumns() []column {
	return []column{
		integerColumn("step", func(r *Row) *int { return &r.Step }, 0),
		measureColumn("lambda", func(r *Row) *Measure { return &r.Lambda }),
		measureColumn("train_loss", func(r *Row) *Measure { return &r.TrainLoss }),
		measureColumn("train_ppl", func(r *Row) *Measure { return &r.TrainPPL }),
		measureColumn("eval_ppl", func(r *Row) *Measure { return &r.EvalPPL }),
		measureColumn("eval_bpb", func(r *Row) *Measure { return &r.EvalBPB }),
		measureColumn("lr", func(r *Row) *Measure { return &r.LR }),
		measureColumn("time_s", func(r *Row) *Measure { return &r.TimeS }),
		measureColumn("best_ppl", func(r *Row) *Measure { return &r.BestPPL }),
		measureColumn("q_neg1", func(r *Row) *Measure { return &r.QNeg1 }),
		measureColumn("q_zero", func(r *Row) *Measure { return &r.QZero }),
		measureColumn("q_pos1", func(r *Row) *Measure { return &r.QPos1 }),
		wholeColumn("tokens", func(r *Row) *Measure { return &r.Tokens }),
		measureColumn("flops", func(r *Row) *Measure { return &r.FLOPs }),
		integerColumn("experiment", func(r *Row) *int { return &r.Experiment }, NoExperiment),
		{
			name:   "seed",
			format: func(r *Row) string { return strconv.FormatUint(r.Seed, 10) },
			parse: func(r *Row, text string) (err error) {
				if text != "" {
					r.Seed, err = strconv.ParseUint(text, 10, 64)
				}
				return err
			},
		},
		textColumn("commit", func(r *Row) *string { return &r.Commit }),
		textColumn("status", func(r *Row) *string { return &r.Status }),
		textColumn("description", func(r *Row) *string { return &r.Description }),
	}
}

func measureColumn(name string, field func(*Row) *Measure) column {
	return column{
		name:   name,
		format: func(r *Row) string { return field(r).String() },
		parse: func(r *Row, text string) (err error) {
			*field(r), err = ParseMeasure(text)
			return err
		},
	}
}

// wholeColumn is a measure that is a whole number, written without an exponent.
func wholeColumn(name string, field func(*Row) *Measure) column {
	whole := measureColumn(name, field)
	whole.format = func(r *Row) string { return field(r).Whole() }
	return whole
}

// integerColumn is a column of a number from 0 on; an empty field stands for
// empty, and so does any negative number when it is written.
func integerColumn(name string, field func(*Row) *int, empty int) column {
	return column{
		name: name,
		format: func(r *Row) string {
			if *field(r) < 0 {
				return ""
			}
			return strconv.Itoa(*field(r))
		},
		parse: func(r *Row, text string) error {
			if text == "" {
				*field(r) = empty
				return nil
			}
			value, err := strconv.ParseUint(text, 10, strconv.IntSize-1)
			*field(r) = int(value)
			return err
		},
	}
}

func textColumn(name string, field func(*Row) *string) column {
	return column{
		name:   name,
		format: func(r *Row) string { return Cell(*field(r)) },
		parse: func(r *Row, text string) error {
			*field(r) = fromCell(text)
			return nil
		},
	}
}
