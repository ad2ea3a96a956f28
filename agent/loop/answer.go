package loop

import (
	"errors"

	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/workspace"
)

// longestReply is where a model's own words are cut in the journal, in runes. No
// more of them is ever sent back to it.
const longestReply = 16_000

// answer is a proposer's answer as the journal has it.
type answer journal.Answer

// newAnswer makes a record of what Propose returned. An answer without a usable
// change is one, too; any other error is returned.
func newAnswer(proposal proposer.Proposal, err error) (journal.Answer, error) {
	if reply := new(proposer.ReplyError); errors.As(err, &reply) {
		return journal.Answer{
			Proposer: nameIn(proposal.Proposer), Reply: line.Cut(reply.Reply, longestReply),
			Problem: line.Cut(err.Error(), longestProblem),
		}, nil
	}
	edits := make([]journal.Edit, len(proposal.Edits))
	for i, edit := range proposal.Edits {
		edits[i] = journal.Edit(edit)
	}
	return journal.Answer{
		Proposer: nameIn(proposal.Proposer), Hypothesis: ownWords(proposal.Hypothesis), Description: ownWords(proposal.Description),
		Edits: edits, Reply: line.Cut(proposal.Reply, longestReply),
	}, err
}

// ownWords are a proposer's as records have them: on one line, and not too long.
func ownWords(text string) string { return line.Cut(line.Clean(text), line.Longest) }

// nameIn is a proposer's name as records have it.
func nameIn(name string) string { return line.Cut(line.Clean(name), longestName) }

// proposal is the change that the answer holds.
func (a answer) proposal() proposer.Proposal {
	edits := make([]workspace.Edit, len(a.Edits))
	for i, edit := range a.Edits {
		edits[i] = workspace.Edit(edit)
	}
	return proposer.Proposal{Hypothesis: a.Hypothesis, Description: a.Description, Edits: edits}
}

// inWords tells whether a model answered. Who proposes without words would say the
// same again.
func (a answer) inWords() bool { return a.Reply != "" || a.Problem != "" }
