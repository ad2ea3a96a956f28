package main

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func small(t *testing.T) options {
	t.Helper()
	return options{
		contestants: []string{"brief/random/steps", "sequential/gp/tokens"}, seeds: 2, marks: []int{3, 12}, jobs: 2,
		objective: "effects", source: "../../../trainer/recipe.go", ablation: "../../../docs/log/ablation.md", steps: 100,
		log: filepath.Join(t.TempDir(), "log.jsonl"), out: filepath.Join(t.TempDir(), "report.md"),
	}
}

func TestTheSameCommandGoesOnFromItsLog(t *testing.T) {
	o := small(t)
	if err := run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(o.out)
	if err != nil || strings.Count(string(first), "** (") < 4 {
		t.Fatalf("%v:\n%s", err, first)
	}
	log, err := os.ReadFile(o.log)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(o.log, log[:2*len(log)/3], 0o600); err != nil { // as if it had been stopped there
		t.Fatal(err)
	}
	if err := run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(o.out); err != nil || string(again) != string(first) {
		t.Errorf("%v: first\n%s\nthen\n%s", err, first, again)
	}
}

func TestCountsTrainingsAndTokens(t *testing.T) {
	source, err := os.ReadFile("../../../trainer/recipe.go")
	if err != nil {
		t.Fatal(err)
	}
	b, err := readBase(string(source))
	if err != nil {
		t.Fatal(err)
	}
	o := small(t)
	whole := protocolOf(o, contestant{"brief", "gp", "tokens"}, b)
	whole.recipe = b.active(b.values)
	if whole.taken() != 100*baselineBatch {
		t.Errorf("the baseline takes %d tokens", whole.taken())
	}
	whole.recipe["BatchSize"], whole.recipe["AccumulationSteps"] = "4", "8"
	if whole.taken() != 6*16*baselineBatch {
		t.Errorf("six steps of sixteen times the tokens are %d", whole.taken())
	}
}

// The stand-in is as flat around the brief's recipe, and as good elsewhere, as the
// trainer was.
func TestEffectsResembleTheTrainer(t *testing.T) {
	source, err := os.ReadFile("../../../trainer/recipe.go")
	if err != nil {
		t.Fatal(err)
	}
	e, err := readEffects(string(source), "../../../docs/log/ablation.md")
	if err != nil {
		t.Fatal(err)
	}
	measure := func(change map[string]string) float64 {
		recipe := e.base.active(e.base.values)
		for name, value := range change {
			recipe[name] = value
		}
		f, err := e.measure(context.Background(), trial{recipe: recipe, seed: 1, steps: 100}, 0)
		if err != nil {
			t.Fatal(err)
		}
		return f.EvalPPL
	}
	if ppl := measure(nil); ppl < 700 || ppl > 1000 {
		t.Errorf("the brief's recipe is at %.0f", ppl)
	}
	if ppl := measure(map[string]string{"LearningRate": "0.001"}); math.Abs(math.Log(ppl/744)) > 0.4 {
		t.Errorf("with the learning rate alone it is at %.0f; the trainer was at 744", ppl)
	}
	if ppl := measure(map[string]string{"LearningRate": "0.001", "LearningSteps": "10", "LambdaSteps": "50"}); ppl < 25 || ppl > 38 {
		t.Errorf("the table's reference is at %.1f; the trainer was at 31", ppl)
	}
}

func TestContestantsAreRefused(t *testing.T) {
	for _, text := range []string{"gp", "brief/gp", "judge/gp/tokens", "brief/gp/time"} {
		if _, err := parseContestant(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}
