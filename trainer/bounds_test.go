package main

import (
	"os"
	"strconv"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/knobs"
	"github.com/ternlab/ternlab/trainer/llama"
	"github.com/ternlab/ternlab/trainer/prepare"
)

// changed is a recipe whose code an experiment has changed.
type changed struct {
	*Training
	update   func(tensor llama.Tensor, before, after *Node) *Node // instead of the weight after a step; nil changes nothing
	quantize func(weight *Node, q harness.Quantized) harness.Quantized
}

func (c changed) Update(tensor llama.Tensor, weight, gradient *Node, states []*Node, norm, learningRate, step *Node) (newWeight *Node, newStates []*Node) {
	newWeight, newStates = c.Training.Update(tensor, weight, gradient, states, norm, learningRate, step)
	if c.update != nil {
		newWeight = c.update(tensor, weight, newWeight)
	}
	return newWeight, newStates
}

func (c changed) Quantize(weight *Node, companions []*Node) harness.Quantized {
	q := c.Training.Quantize(weight, companions)
	if c.quantize != nil {
		q = c.quantize(weight, q)
	}
	return q
}

// export trains nano for some steps and writes and reads what came of it, as the
// evaluator does.
func (c changed) export(t *testing.T, steps int) (checkpoint.Export, checkpoint.Bounds) {
	t.Helper()
	preset, err := prepare.Open(prepare.Nano)
	if err != nil {
		t.Fatal(err)
	}
	bounds, err := preset.Bounds()
	if err != nil {
		t.Fatal(err)
	}
	model, err := preset.Model()
	if err != nil {
		t.Fatal(err)
	}
	session, err := harness.NewSession(goBackend(t), model, c, harness.Auto)
	if err != nil {
		t.Fatal(err)
	}
	text, err := preset.TrainTokens()
	if err != nil {
		t.Fatal(err)
	}
	batches, err := prepare.NewBatches(text, c.BatchSize, c.SequenceLength, 1)
	if err != nil {
		t.Fatal(err)
	}
	session.Calibration = [][]int32{batches.Next()} // for scales per channel
	for step := 1; step <= steps; step++ {
		if _, err := session.Step(step, batches.Next()); err != nil {
			t.Fatal(err)
		}
	}
	written, err := session.Export()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := checkpoint.WriteExport(folder, written); err != nil {
		t.Fatal(err)
	}
	read, err := checkpoint.ReadExport(os.DirFS(folder), model.Config)
	if err != nil {
		t.Fatal(err)
	}
	return read, bounds
}

// short is the recipe for a training of a few steps on nano.
func short(t *testing.T, steps int, set func(*Recipe)) *Training {
	t.Helper()
	recipe := NewRecipe()
	recipe.LambdaSchedule, recipe.BatchSize, recipe.SequenceLength = "none", 1, 64
	set(&recipe)
	training, err := NewTraining(recipe, nanoConfig(), steps, false)
	if err != nil {
		t.Fatal(err)
	}
	return training
}

func as(value float64) func(llama.Tensor, *Node, *Node) *Node {
	return func(_ llama.Tensor, _, after *Node) *Node { return MulScalar(OnesLike(after), value) }
}

// Recipes that an experiment may write, and that put the result elsewhere than into
// ternary weights.
func TestCheatsOfWeightsAreOutOfBounds(t *testing.T) {
	only := func(name string, change func(llama.Tensor, *Node, *Node) *Node) func(llama.Tensor, *Node, *Node) *Node {
		return func(tensor llama.Tensor, before, after *Node) *Node {
			if tensor.Name == name {
				return change(tensor, before, after)
			}
			return after
		}
	}
	bias := func(value func(weight *Node) *Node) func(*Node, harness.Quantized) harness.Quantized {
		return func(weight *Node, q harness.Quantized) harness.Quantized {
			q.Bias = value(ReduceMean(weight, -1)) // [out]
			return q
		}
	}
	for name, test := range map[string]struct {
		changed changed
		biases  bool
		want    string
	}{
		"equal and huge logits": {changed{update: func(tensor llama.Tensor, before, after *Node) *Node {
			switch tensor.Name {
			case llama.Embedding:
				return as(1e3)(tensor, before, after)
			case llama.FinalNorm:
				return as(1e6)(tensor, before, after)
			}
			return after
		}}, true, "model.embed_tokens.weight: its largest value is 1000"},
		"an embedding of signs": {
			changed{update: only(llama.Embedding, func(_ llama.Tensor, _, after *Node) *Node { return Sign(after) })},
			true, "model.embed_tokens.weight: the root mean square of its values is",
		},
		"look-ahead by biases": {
			changed{quantize: bias(func(x *Node) *Node { return MulScalar(OnesLike(x), 1e6) })},
			true, "bias: value 0 is 1e+06",
		},
		"a learned bias": {
			changed{quantize: bias(func(x *Node) *Node { return x })},
			false, "bias: this recipe has none",
		},
		"a bias of zeros": {changed{quantize: bias(ZerosLike)}, false, "bias: this recipe has none"},
		"scales of 100": {changed{quantize: func(_ *Node, q harness.Quantized) harness.Quantized {
			q.Scales = MulScalar(OnesLike(q.Scales), 100)
			return q
		}}, true, "scales: its largest value is 100"},
		"weights that explode": {changed{update: func(tensor llama.Tensor, _, after *Node) *Node {
			if tensor.Linear {
				return MulScalar(after, 200)
			}
			return after
		}}, true, "scales: "},
	} {
		t.Run(name, func(t *testing.T) {
			test.changed.Training = short(t, 1, func(*Recipe) {})
			export, bounds := test.changed.export(t, 1)
			bounds.Biases = test.biases
			if err := bounds.Check(export); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one with %q", err, test.want)
			}
		})
	}
}

// Recipes at the edges of their domains, and code that nobody has written yet but
// somebody honest may.
func TestHonestRecipesAreWithinBounds(t *testing.T) {
	fast := func(set func(*Recipe)) func(*Recipe) {
		return func(r *Recipe) {
			r.LearningRate, r.LearningSteps, r.ClipNorm = 3e-3, 0, 0
			set(r)
		}
	}
	for name, test := range map[string]struct {
		set     func(*Recipe)
		changed changed
	}{
		"fast":             {set: func(*Recipe) {}},
		"Muon, whole rows": {set: func(r *Recipe) { r.Optimizer, r.GroupSize = "muon", "row" }},
		"LSQ":              {set: func(r *Recipe) { r.Scale = "lsq" }},
		"SEQ":              {set: func(r *Recipe) { r.Scale = "seq" }},
		"absmax":           {set: func(r *Recipe) { r.Scale, r.DeadZone = "absmax", 0.8 }},
		"8 bits a channel": {set: func(r *Recipe) { r.ActivationBits, r.ActivationScales = 8, "channel" }},
		"Tequila at its most": {set: func(r *Recipe) {
			r.DeadZoneRecovery, r.TequilaEpsilon, r.Scale, r.DeadZone = "tequila", checkpoint.MaxTequilaEpsilon, "absmax", 0.8
		}},
		"a moving average of weights": {set: func(*Recipe) {}, changed: changed{update: func(_ llama.Tensor, before, after *Node) *Node {
			return Add(MulScalar(before, 0.9), MulScalar(after, 0.1))
		}}},
		"frozen embedding and norms": {set: func(*Recipe) {}, changed: changed{update: func(tensor llama.Tensor, before, after *Node) *Node {
			if !tensor.Linear {
				return before
			}
			return after
		}}},
		"scales half as large again": {set: func(*Recipe) {}, changed: changed{quantize: func(_ *Node, q harness.Quantized) harness.Quantized {
			q.Scales = MulScalar(q.Scales, 1.5)
			return q
		}}},
		"weights that decay at once": {set: func(*Recipe) {}, changed: changed{update: func(_ llama.Tensor, _, after *Node) *Node { return MulScalar(after, 0.5) }}},
	} {
		t.Run(name, func(t *testing.T) {
			const steps = 8
			test.changed.Training = short(t, steps, fast(test.set))
			export, bounds := test.changed.export(t, steps)
			bounds.Biases = test.changed.DeadZoneRecovery == "tequila"
			if err := bounds.Check(export); err != nil {
				t.Error(err)
			}
		})
	}
}

// The evaluator bounds biases by the largest epsilon that the recipe's domain has.
func TestTequilaEpsilonIsTheEvaluators(t *testing.T) {
	all, err := knobs.Parse(recipeSource)
	if err != nil {
		t.Fatal(err)
	}
	for _, knob := range all {
		if knob.Name == "TequilaEpsilon" {
			if knob.Domain.High != checkpoint.MaxTequilaEpsilon {
				t.Errorf("recipe.go has %s up to %s, the evaluator up to %s", knob.Name, strconv.FormatFloat(knob.Domain.High, 'g', -1, 64),
					strconv.FormatFloat(checkpoint.MaxTequilaEpsilon, 'g', -1, 64))
			}
			return
		}
	}
	t.Error("recipe.go has no TequilaEpsilon")
}
