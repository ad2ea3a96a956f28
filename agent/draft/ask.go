package draft

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/ternlab/ternlab/agent/bench"
	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/agent/reapply"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
)

// ask returns what the proposer answers to an attempt, or did before an interruption.
// It is journaled.
func (d *Drafter) ask(ctx context.Context, start Start, attempt int, feedback []proposer.Attempt) (journal.Answer, error) {
	known := d.bench.Record.Experiments()
	if before := known[start.Number].Answers; attempt <= len(before) {
		return before[attempt-1], nil
	}
	answer, err := d.askNow(ctx, start, feedback, known)
	if err != nil {
		return answer, err
	}
	answer.Attempt = attempt
	return answer, d.bench.Record.Append(start.Number, answer)
}

// askNow has the proposer answer, or answers with the change of an earlier experiment
// that is tried again.
func (d *Drafter) askNow(ctx context.Context, start Start, feedback []proposer.Attempt, known []journal.Experiment) (journal.Answer, error) {
	if start.Again > 0 {
		return answerAgain(start, known[start.Again])
	}
	if err := d.bench.MayBegin(ctx); err != nil {
		return journal.Answer{}, err
	}
	name := d.proposer.Name()
	defer d.bench.Working("asking " + name + " for a change")()
	d.bench.Observer.Doing(start.Title + " · asking " + name + " for a change")
	brief, err := d.brief()
	if err != nil {
		return journal.Answer{}, err
	}
	run := d.bench.Record.Run()
	answer, err := newAnswer(d.proposer.Propose(ctx, proposer.Context{
		Program: brief, Files: start.Files, Experiments: toldOf(known[:start.Number]),
		Steps: run.Steps, Feedback: feedback, Seed: run.Seed, Number: start.Number,
		Spend:   func(cost journal.Spent) error { return d.bench.Spend(start.Number, cost) },
		Refused: func(ctx context.Context) ([]string, error) { return d.refused(ctx, start) },
	}))
	if err != nil {
		return answer, err
	}
	answer = d.bench.Record.CleanAnswer(answer)
	answer.Proposer = cmp.Or(answer.Proposer, nameIn(d.proposer.Name())) // a model's name may be known only once it answered
	return answer, nil
}

// brief is the human's brief as it stands in the user's checkout now, so that
// it can be edited while a run goes on.
func (d *Drafter) brief() (string, error) {
	text, err := os.ReadFile(filepath.Join(d.bench.Repository.Root(), "program.md"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the brief: %w", err)
	}
	return string(text), nil
}

// toldOf is what a proposer is told of earlier experiments: of those under way, what
// they try and no more.
func toldOf(known []journal.Experiment) []journal.Experiment {
	told := slices.Clone(known)
	for i := range told {
		if told[i].Status == journal.StatusRunning {
			told[i].EvalPPL, told[i].EvalBPB, told[i].Points, told[i].Trials = table.Missing(), table.Missing(), nil, nil
		}
	}
	return told
}

// answerAgain is the change of an earlier experiment.
func answerAgain(start Start, e journal.Experiment) (journal.Answer, error) {
	edits, err := reapply.OnTop(start.Files, e.Diff)
	if err != nil {
		return journal.Answer{}, fmt.Errorf("try the change of experiment %d again: %w", e.Number, err)
	}
	return newAnswer(proposer.Proposal{Proposer: e.Proposer, Hypothesis: e.Hypothesis, Description: e.Description, Edits: edits}, nil)
}

// longestReply is where a model's own words are cut in the journal, in runes. No
// more of them is ever sent back to it.
const longestReply = 16_000

// newAnswer makes a record of what Propose returned. An answer without a usable
// change is one, too; any other error is returned.
func newAnswer(proposal proposer.Proposal, err error) (journal.Answer, error) {
	if reply := new(proposer.ReplyError); errors.As(err, &reply) {
		return journal.Answer{
			Proposer: nameIn(proposal.Proposer), Reply: line.Cut(reply.Reply, longestReply),
			Problem: line.Cut(err.Error(), bench.LongestProblem),
		}, nil
	}
	return journal.Answer{
		Proposer: nameIn(proposal.Proposer), Hypothesis: ownWords(proposal.Hypothesis), Description: ownWords(proposal.Description),
		Edits: proposal.Edits, Reply: line.Cut(proposal.Reply, longestReply),
	}, err
}

// ownWords are a proposer's as records have them: on one line, and not too long.
func ownWords(text string) string { return line.Cut(line.Clean(text), line.Longest) }

// nameIn is a proposer's name as records have it.
func nameIn(name string) string { return line.Cut(line.Clean(name), bench.LongestName) }

// inWords tells whether a model answered. Who proposes without words would say the
// same again.
func inWords(answer journal.Answer) bool { return answer.Reply != "" || answer.Problem != "" }
