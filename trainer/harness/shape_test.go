package harness_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/llama"
	"github.com/ternlab/ternlab/trainer/progress"
)

// greedy is a training whose steps grow each time that it is asked about them.
type greedy struct {
	descent
	size, length, batches int
	asked                 *int
}

func (g greedy) grown() int {
	*g.asked++
	return *g.asked
}

// Batch is more sequences each time.
func (g greedy) Batch() (size, length int) { return g.size * g.grown(), g.length }

// AccumulatedBatches is more each time.
func (g greedy) AccumulatedBatches() int { return g.batches * g.grown() }

// Distills says no at first.
func (g greedy) Distills() bool { return g.grown() > 3 }

func newGreedy(size, length, batches int) greedy {
	return greedy{size: size, length: length, batches: batches, asked: new(int)}
}

// A recipe is asked once what a step costs. It trains on that and no more, whatever
// it would say later.
func TestAStepStaysWhatWasCounted(t *testing.T) {
	events := func(training harness.Training) []progress.Event {
		run := smallRun(t)
		run.Training, run.Steps = training, 3
		var text bytes.Buffer
		run.Progress = progress.NewJSON(&text)
		if err := run.Do(t.Context()); err != nil {
			t.Fatal(err)
		}
		var all []progress.Event
		for line := range strings.Lines(text.String()) {
			event, err := progress.ParseEvent([]byte(line))
			if err != nil {
				t.Fatal(err)
			}
			if event.Kind == progress.Step {
				event.TimeS = nil
				all = append(all, event)
			}
		}
		return all
	}
	plain := smallRun(t).Training.(descent) //nolint:errcheck // it is one
	grows := newGreedy(2, 16, 1)
	grows.descent = plain
	got := events(grows)
	if len(got) != 3 || got[0].Tokens != 4*16 || got[2].Tokens != 3*4*16 {
		t.Errorf("tokens counted: %+v", got)
	}
	honest := newGreedy(2, 16, 1)
	honest.descent = plain
	counted, err := harness.Counted(honest)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, events(counted)); diff != "" {
		t.Errorf("counted first, it trains otherwise:\n%s", diff)
	}
}

// More tokens than were asked for are refused before the first step.
func TestRunHoldsToItsTokens(t *testing.T) {
	run := smallRun(t) // 5 steps of 2 × 16 tokens
	run.MaxTokens = 159
	if err := run.Do(t.Context()); err == nil || !strings.Contains(err.Error(), "5 steps of 2 sequences of 16 tokens have more than 159 tokens") {
		t.Errorf("159 tokens: %v", err)
	}
	run = smallRun(t)
	run.MaxTokens = 160
	if err := run.Do(t.Context()); err != nil {
		t.Errorf("160 tokens: %v", err)
	}
	if rows := readRows(t, run.Out); rows[2].Tokens != 160 || rows[0].Tokens != 64 || rows[2].FLOPs != 5*rows[0].FLOPs/2 {
		t.Errorf("rows say %+v", rows)
	}
}

// A step takes the tokens of its shape, no others.
func TestStepRefusesOtherTokens(t *testing.T) {
	run := smallRun(t)
	session, err := harness.NewSession(run.Backend, run.Start, run.Training, harness.Auto)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session.Step(1, make([]int32, 2*4*17)); err == nil || !strings.Contains(err.Error(), "given 136 tokens, want 34 for 2 sequences of 16 tokens") {
		t.Errorf("four times the batch: %v", err)
	}
}

func TestShapeRefuses(t *testing.T) {
	for name, training := range map[string]greedy{
		"no sequences":  newGreedy(0, 16, 1),
		"no tokens":     newGreedy(1, 0, 1),
		"no batches":    newGreedy(1, 16, 0),
		"negative":      newGreedy(-1, 16, -1),
		"overflow":      newGreedy(1<<31, 1<<31, 1<<31),
		"beyond counts": newGreedy(math.MaxInt/4, 2, 1),
	} {
		if shape, err := harness.ShapeOf(training); err == nil {
			t.Errorf("%s: %s is accepted", name, shape)
		}
	}
}

// The last step is evaluated always; the others after the same shares.
func TestEvaluationsAtTheSameShares(t *testing.T) {
	for _, test := range []struct {
		steps, every, of int
		want             []float64
	}{
		{5, 2, 0, []float64{2, 4, 5}},
		{5, 2, 5, []float64{2, 4, 5}},
		{10, 2, 5, []float64{4, 8, 10}},
		{2, 1, 4, []float64{1, 2}},
		{3, 1, 4, []float64{1, 2, 3}},
		{1, 25, 100, []float64{1}},
		{4, math.MaxInt, 100, []float64{4}},
	} {
		run := smallRun(t)
		run.Steps, run.EvalEvery, run.EvalOf = test.steps, test.every, test.of
		if err := run.Do(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got []float64
		for _, row := range readRows(t, run.Out) {
			got = append(got, float64(row.Step))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%d steps, every %d of %d:\n%s", test.steps, test.every, test.of, diff)
		}
	}
}

// A layer of 120 weights and a head of 40, for sequences of 8 tokens: for each
// token 2·160 operations and 4·8·4 of attention, three times over.
func TestFLOPs(t *testing.T) {
	config := llama.Config{
		ModelType: "llama", HiddenSize: 4, IntermediateSize: 6, NumHiddenLayers: 1, NumAttentionHeads: 2,
		NumKeyValueHeads: 1, VocabSize: 10, MaxPositionEmbeddings: 8, RopeTheta: 1e4, RMSNormEps: 1e-5, TieWordEmbeddings: true,
	}
	shape := harness.Shape{Sequences: 2, Length: 8, Batches: 3}
	const forward, tokens = 2*160 + 4*8*4, 48
	for name, test := range map[string]struct {
		distills bool
		steps    int
		want     float64
	}{
		"nothing":    {false, 0, 0},
		"a step":     {false, 1, tokens * 3 * forward},
		"five":       {false, 5, 5 * tokens * 3 * forward},
		"distilling": {true, 5, 5 * tokens * 4 * forward},
	} {
		if got := harness.FLOPs(config, shape, test.distills, test.steps); got != test.want {
			t.Errorf("%s: %g FLOPs, want %g", name, got, test.want)
		}
	}
}
