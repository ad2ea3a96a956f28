package proposer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	openai "github.com/sashabaranov/go-openai"

	"github.com/ternlab/ternlab/prompts"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/workspace/visible"
)

const (
	// maxRows is how many past experiments the prompt's table holds.
	maxRows = 100
	// maxReplayed is how many characters of a refused answer go back to the model.
	maxReplayed = 16_000
)

// render makes the messages of what the model is to be told.
func render(data prompts.Data, feedback []Attempt) ([]openai.ChatCompletionMessage, error) {
	system, err := prompts.System(data)
	if err != nil {
		return nil, err
	}
	request, err := prompts.Propose(data)
	if err != nil {
		return nil, err
	}
	messages := []openai.ChatCompletionMessage{
		{Role: openai.ChatMessageRoleSystem, Content: system},
		{Role: openai.ChatMessageRoleUser, Content: request},
	}
	for _, attempt := range feedback {
		repair, err := prompts.Repair(attempt.Problem)
		if err != nil {
			return nil, err
		}
		messages = append(messages,
			openai.ChatCompletionMessage{
				Role: openai.ChatMessageRoleAssistant,
				// Some endpoints refuse an empty message.
				Content: cmp.Or(visible.Cut(prompts.Reply(attempt.Reply), maxReplayed), "(no answer)"),
			},
			openai.ChatCompletionMessage{Role: openai.ChatMessageRoleUser, Content: repair},
		)
	}
	return messages, nil
}

func promptData(c Context) prompts.Data {
	data := prompts.Data{Program: c.Program, Steps: c.Steps, Number: c.Number}
	for _, name := range slices.Sorted(maps.Keys(c.Files)) {
		data.Files = append(data.Files, prompts.File{Name: name, Text: c.Files[name]})
	}
	// The recipe first: it is where most changes belong.
	slices.SortStableFunc(data.Files, func(a, b prompts.File) int {
		switch {
		case a.Name == RecipeFile:
			return -1
		case b.Name == RecipeFile:
			return 1
		}
		return 0
	})
	if champion, ok := journal.Best(c.Experiments); ok {
		data.Best = formatPPL(champion.EvalPPL)
	}
	for i, experiment := range c.Experiments {
		switch {
		case experiment.Number >= c.Number:
		case len(c.Experiments)-i > maxRows && !experiment.Status.Kept():
			data.Omitted++
		default:
			data.Experiments = append(data.Experiments, promptRow(experiment))
		}
	}
	return data
}

func promptRow(e journal.Experiment) prompts.Experiment {
	row := prompts.Experiment{
		Number: e.Number, Status: string(e.Status), EvalPPL: formatPPL(e.EvalPPL),
		Description: e.Description, Hypothesis: e.Hypothesis, Outcome: e.Reason,
	}
	if e.Status == journal.StatusRunning {
		row.Outcome = "is being tried now; propose something else"
	}
	if e.Failure != nil {
		row.Outcome = fmt.Sprintf("%s: %s", e.Failure.Class, e.Failure.Message)
	}
	return row
}

func formatPPL(measure table.Measure) string {
	if !measure.Valid() {
		return ""
	}
	return fmt.Sprintf("%.2f", measure)
}
