package journal

import (
	"slices"
	"time"
)

// What each record does to the experiment that it is about.

func (s Spent) apply(e *Experiment, _ time.Time) error {
	e.TokensIn, e.TokensOut, e.USD = e.TokensIn+s.TokensIn, e.TokensOut+s.TokensOut, addMoney(e.USD, s.USD)
	e.Tokens += s.TokensIn + s.TokensOut
	return nil
}

func (a Answer) apply(e *Experiment, _ time.Time) error {
	e.Answers = append(slices.Clip(e.Answers), a)
	return nil
}

func (p Proposal) apply(e *Experiment, _ time.Time) error {
	e.Hypothesis, e.Description, e.Proposer = p.Hypothesis, p.Description, p.Proposer
	e.Diff, e.Recipe, e.Attempts, e.Tokens = p.Diff, p.Recipe, p.Attempts, e.Tokens+p.Tokens
	return nil
}

func (b Built) apply(e *Experiment, _ time.Time) error {
	e.Trainer = b.SHA256
	return nil
}

// apply replaces what was measured on the same seed: a figure never outlives the model
// that it measured.
func (t Trained) apply(e *Experiment, _ time.Time) error {
	e.train(t)
	return nil
}

func (m Evaluated) apply(e *Experiment, _ time.Time) error { return e.evaluate(m) }

func (l Looked) apply(e *Experiment, _ time.Time) error {
	e.Looks, e.Waiting, e.Clear, e.Equal = l.Seeds, l.Judged, l.Clear, l.Equal
	return nil
}

func (j Judged) apply(e *Experiment, at time.Time) error {
	if err := j.check(e.EvalPPL); err != nil {
		return err
	}
	e.Decided = at
	e.Answers, e.Trainer, e.Looks, e.Waiting, e.Clear, e.Equal = nil, "", 0, nil, false, false
	e.Status, e.Reason, e.Failure, e.TryAgain = j.Status, j.Reason, j.Failure, j.Again
	e.Change, e.Low, e.High, e.Worst = j.Change, j.Low, j.High, j.Worst
	if j.Seeds != nil {
		e.Seeds = j.Seeds
	}
	return nil
}

// apply takes in where the experiment is found or, where it was withdrawn, the commit
// that takes it back.
func (c Committed) apply(e *Experiment, _ time.Time) error {
	if e.Withdrawal == nil {
		e.Commit, e.Ref = c.Commit, c.Ref
		return nil
	}
	withdrawal := *e.Withdrawal
	withdrawal.Commit = c.Commit
	e.Withdrawal = &withdrawal
	return nil
}

func (a Ablated) apply(e *Experiment, _ time.Time) error {
	e.Ablations = append(slices.Clip(e.Ablations), a)
	return nil
}

func (r Repeated) apply(e *Experiment, _ time.Time) error {
	e.Repeats = append(slices.Clip(e.Repeats), r)
	return nil
}

func (w Withdrawn) apply(e *Experiment, at time.Time) error {
	e.Status, e.Withdrawal = StatusWithdrawn, &Withdrawal{Withdrawn: w, Time: at}
	e.Reason = "withdrawn: " + w.Reason + "; it was kept for " + e.Reason
	return nil
}
