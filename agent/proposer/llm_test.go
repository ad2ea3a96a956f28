package proposer

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/workspace/edit"
)

func TestLLMProposes(t *testing.T) {
	p, s := serve(t, Options{APIKey: "key", Model: "m", MaxTokens: 77}, saysWith(goodReply, "stop", map[string]int{"total_tokens": 321}))
	c, costs := billed()
	got, err := p.Propose(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if costs.tokens() != 321 {
		t.Errorf("cost %+v", costs.sum)
	}
	want := Proposal{
		Hypothesis: "Cosine spends longer near zero. More follows.", Description: "lambda schedule linear → cosine", Reply: goodReply,
		Edits: []edit.Edit{{File: RecipeFile, Search: `LambdaSchedule:   "linear",`, Replace: `LambdaSchedule:   "cosine",`}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	r := s.requests[0]
	if r.Model != "m" || r.MaxTokens != 77 || r.format() != "" || r.key != "Bearer key" || p.Name() != "llm m" {
		t.Errorf("%s asked %+v", p.Name(), r)
	}
	if len(r.Messages) != 2 || r.Messages[0].Role != "system" || r.Messages[1].Role != "user" {
		t.Fatalf("messages %+v", r.Messages)
	}
	for _, part := range []string{"Lower it.", recipe, "eval_ppl 131.20"} {
		if !strings.Contains(r.Messages[1].Content, part) {
			t.Errorf("the prompt lacks %.30q", part)
		}
	}
	if strings.Index(r.Messages[1].Content, RecipeFile) > strings.Index(r.Messages[1].Content, "trainer/loss.go") {
		t.Error("the recipe does not come first")
	}
}

func TestLLMLocalServerNeedsNeitherKeyNorModel(t *testing.T) {
	for _, models := range [][]string{nil, {"first", "second"}} {
		p, s := serve(t, Options{}, says(goodReply))
		s.models = models
		if _, err := p.Propose(t.Context(), asked()); err != nil {
			t.Fatal(err)
		}
		want := "default"
		if models != nil {
			want = "first"
		}
		if r := s.requests[0]; r.key != "Bearer none" || r.Model != want || r.MaxTokens != defaultMaxTokens {
			t.Errorf("asked %+v", r)
		}
	}
}

func TestLLMDescribesWhatIsNoKnobByItsHypothesis(t *testing.T) {
	reply := "Hypothesis: A label-smoothed loss keeps small logits alive in the ternary layers, and so on. Really.\n\n" +
		"trainer/loss.go\n<<<<<<< SEARCH\npackage main\n=======\npackage main\n\nconst smoothing = 0.1\n>>>>>>> REPLACE\n"
	p, _ := serve(t, Options{}, says(reply))
	got, err := p.Propose(t.Context(), asked())
	if err != nil {
		t.Fatal(err)
	}
	if want := "A label-smoothed loss keeps small logits alive in the …"; got.Description != want {
		t.Errorf("%q", got.Description)
	}
}

func TestLLMUnusableAnswers(t *testing.T) {
	usage := map[string]int{"total_tokens": 5}
	tests := map[string]http.HandlerFunc{
		"no edit":                        saysWith("I would rather not.", "stop", usage),
		"cut off at its token limit":     saysWith(goodReply, "length", usage),
		"content filter":                 saysWith("", "content_filter", usage),
		"the answer was empty":           saysWith(" \n", "stop", usage),
		"the endpoint sent no answer":    raw(`{"choices": [], "usage": {"total_tokens": 5}}`),
		"the model refused; propose ano": raw(`{"choices": [{"message": {"content": null, "refusal": "No."}}], "usage": {"total_tokens": 5}}`),
	}
	for want, answer := range tests {
		t.Run(want, func(t *testing.T) {
			p, _ := serve(t, Options{Model: "m"}, answer)
			c, costs := billed()
			_, err := p.Propose(t.Context(), c)
			var reply *ReplyError
			if !errors.As(err, &reply) || !strings.Contains(err.Error(), want) || costs.tokens() != 5 {
				t.Errorf("%v, cost %+v", err, costs.sum)
			}
		})
	}
}

func TestLLMIsToldWhyItsTriesWereRefused(t *testing.T) {
	p, s := serve(t, Options{Model: "m"}, says(goodReply))
	c := asked()
	c.Feedback = []Attempt{{"first try", "problem one"}, {"", "problem two"}}
	if _, err := p.Propose(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	messages := s.requests[0].Messages
	roles := []string{}
	for _, m := range messages {
		roles = append(roles, m.Role)
	}
	if diff := cmp.Diff([]string{"system", "user", "assistant", "user", "assistant", "user"}, roles); diff != "" {
		t.Fatal(diff)
	}
	if messages[2].Content != "first try" || messages[4].Content == "" ||
		!strings.Contains(messages[3].Content, "problem one") || !strings.Contains(messages[5].Content, "problem two") {
		t.Errorf("%+v", messages[2:])
	}
}

func TestLLMPromptLeavesOutOldDiscards(t *testing.T) {
	c := asked()
	for n := 1; n <= 150; n++ {
		e := journal.Experiment{Number: n, Status: journal.StatusDiscard, EvalPPL: 140, Reason: "higher"}
		if n == 7 {
			e = journal.Experiment{Number: n, Status: journal.StatusKeep, EvalPPL: 120}
		}
		if n == 149 {
			e = journal.Experiment{Number: n, Status: journal.StatusCrash, EvalPPL: table.Missing(), Failure: &journal.Failure{Class: journal.FailureDiverged, Message: "NaN"}}
		}
		c.Experiments = append(c.Experiments, e)
	}
	c.Number = 151
	data := promptData(c)
	if data.Omitted != 49 || len(data.Experiments) != 102 || data.Best != "120.00" || data.Experiments[1].Number != 7 {
		t.Errorf("%d omitted, %d shown, best %s", data.Omitted, len(data.Experiments), data.Best)
	}
	if row := data.Experiments[100]; row.EvalPPL != "" || row.Outcome != "diverged: NaN" {
		t.Errorf("%+v", row)
	}
}
