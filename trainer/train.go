package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/llama"
)

// Training is a recipe applied to a model: what the harness asks for in a
// training step, and the files that answer.
type Training struct {
	Recipe
	config   llama.Config
	steps    int  // of the whole training
	fallback bool // layers that the group size doesn't fit take a smaller one
}

// NewTraining checks that the recipe fits the model, for a training of so many
// steps.
func NewTraining(recipe Recipe, config llama.Config, steps int, groupFallback bool) (*Training, error) {
	if err := recipe.check(); err != nil {
		return nil, err
	}
	training := &Training{recipe, config, steps, groupFallback}
	if err := training.checkGroups(); err != nil {
		return nil, err
	}
	if recipe.SequenceLength > config.MaxPositionEmbeddings {
		return nil, fmt.Errorf("sequence length is %d, the model takes at most %d tokens", recipe.SequenceLength, config.MaxPositionEmbeddings)
	}
	if recipe.AccumulationSteps < 1 {
		return nil, fmt.Errorf("accumulation steps is %d, want 1 or more batches per step", recipe.AccumulationSteps)
	}
	if recipe.CrossEntropy == 0 && !training.distills() {
		return nil, errors.New("the weights of cross-entropy and of distillation are all 0, so there is nothing to minimize")
	}
	return training, nil
}

// check refuses the name of a method that no case below knows: it would train the
// default under another's name. A new case comes with its value here.
func (r Recipe) check() error {
	return errors.Join(
		known("lambda schedule", r.LambdaSchedule, "linear", "cosine", "exponential", "step", "none"),
		known("optimizer", r.Optimizer, "adamw", "muon"),
		known("learning decay", r.LearningDecay, "none", "linear", "cosine", "wsd"),
		known("scale", r.Scale, "absmean", "absmax", "twn", "optimal", "lsq", "seq"),
		known("dead zone recovery", r.DeadZoneRecovery, "none", "reactivate", "tequila", "arenas"),
		known("activation bits", strconv.Itoa(r.ActivationBits), "8", "16"),
		known("activation scales", r.ActivationScales, "token", "channel"),
		known("activation start", r.ActivationStart, "lambda", "once"),
		known("layers distance", r.LayersDistance, "cosine", "squared"),
	)
}

func known(knob, value string, values ...string) error {
	if slices.Contains(values, value) {
		return nil
	}
	return fmt.Errorf("%s is %q, want %s", knob, value, strings.Join(values, ", "))
}

// Notes are what a person should know about the recipe on this model.
func (t *Training) Notes() []string { return t.fallbacks() }

// Batch is the shape of a step's data: sequences, and tokens of each.
func (t *Training) Batch() (size, length int) { return t.BatchSize, t.SequenceLength }

// AccumulatedBatches is the number of batches that one update averages.
func (t *Training) AccumulatedBatches() int { return t.AccumulationSteps }

// Schedule is what changes from step to step, the first being step 1.
func (t *Training) Schedule(step int) harness.Schedule {
	return harness.Schedule{Lambda: t.lambda(step), Residual: t.residual(step), LearningRate: t.learningRate(step)}
}

// Companions are the tensors that are trained beside a linear layer's weight.
func (t *Training) Companions(weight llama.Tensor) []harness.Companion {
	if t.learnsScales() {
		return []harness.Companion{t.learnedScales(weight)}
	}
	return nil
}

// Linear is the linear layer of the forward pass.
func (t *Training) Linear(lambda, residual *Node) harness.Linear {
	return t.bitLinear(lambda, residual)
}

// Distills says whether the losses need the full-precision model.
func (t *Training) Distills() bool { return t.distills() }

// Losses is each row's loss [rows], whose mean is minimized, and its
// cross-entropy [rows], which is reported.
func (t *Training) Losses(logits, teacher, targets *Node) (minimized, crossEntropy *Node) {
	return t.losses(logits, teacher, targets)
}

// LayerLosses is each row's additional loss [rows] for the output of a layer.
func (t *Training) LayerLosses(x, teacher *Node) *Node { return t.layerLosses(x, teacher) }

// OptimizerStates is the number of tensors that the optimizer keeps for one.
func (t *Training) OptimizerStates(tensor llama.Tensor) int { return t.optimizerStates(tensor) }

// Update is one step of the optimizer for one tensor.
func (t *Training) Update(tensor llama.Tensor, weight, gradient *Node, states []*Node, norm, learningRate, step *Node) (newWeight *Node, newStates []*Node) {
	return t.update(tensor, weight, t.clip(gradient, norm), states, learningRate, step)
}

// Quantize is the graph that turns one trained weight [out, in] into what is
// exported.
func (t *Training) Quantize(weight *Node, companions []*Node) harness.Quantized {
	codes, scales := t.quantize(weight, companions)
	return harness.Quantized{Codes: codes, Scales: scales, Bias: t.deadZoneBias(weight, codes)}
}

// ExportedActivations is how the exported model rounds the inputs of its linear
// layers.
func (t *Training) ExportedActivations() harness.Activations {
	return harness.Activations{Bits: t.ActivationBits, PerChannel: t.roundsPerChannel()}
}
