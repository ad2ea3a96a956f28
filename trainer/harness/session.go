package harness

import (
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/llama"
)

// maxLoss is the loss in nats per token above which a training has diverged.
// Guessing at random costs ln(vocabulary), 11 at most.
const maxLoss = 100

// Session is a model in training: its weights live on the backend, and the
// graphs that change and read them are compiled once.
type Session struct {
	config   llama.Config
	training Training
	store    *model.Store
	step     *model.Exec
	quantize *graph.Exec
}

// NewSession puts a model's weights on the backend.
func NewSession(backend compute.Backend, start checkpoint.Model, training Training) (*Session, error) {
	session := &Session{config: start.Config, training: training, store: model.NewStore()}
	for _, tensor := range start.Config.Tensors() {
		value := tensors.FromFlatDataAndDimensions(start.Weights[tensor.Name], tensor.Shape...)
		if _, err := session.store.RootScope().CreateVariable(tensor.Name, value); err != nil {
			return nil, fmt.Errorf("load %s: %w", tensor.Name, err)
		}
	}
	var err error
	session.step, err = model.NewExec(backend, session.store, func(scope *model.Scope, tokens, lambda, learningRate, step *graph.Node) (loss, gradientNorm *graph.Node) {
		return training.Step(scope, tokens, lambda, learningRate, step)
	})
	if err != nil {
		return nil, fmt.Errorf("prepare training step: %w", err)
	}
	session.quantize, err = graph.NewExec(backend, session.quantizeLayer)
	if err != nil {
		return nil, fmt.Errorf("prepare quantization: %w", err)
	}
	return session, nil
}

// StepResult is what one training step tells.
type StepResult struct {
	Loss         float64 // nats per token
	GradientNorm float64 // before clipping
	Lambda       float64
	LearningRate float64
}

// Step trains on tokens [batch, sequence+1]. A loss or gradient that isn't
// finite, or a loss above 100 nats, is an error: the training has diverged.
func (s *Session) Step(step int, tokens []int32) (StepResult, error) {
	size, length := s.training.Batch()
	lambda, learningRate := s.training.Schedule(step)
	result := StepResult{Lambda: lambda, LearningRate: learningRate}
	loss, norm, err := s.step.Call2(
		tensors.FromFlatDataAndDimensions(tokens, size, length+1),
		float32(lambda), float32(learningRate), float32(step),
	)
	if err != nil {
		return result, fmt.Errorf("run training step %d: %w", step, err)
	}
	result.Loss = float64(tensors.ToScalar[float32](loss))
	result.GradientNorm = float64(tensors.ToScalar[float32](norm))
	if err := errors.Join(loss.FinalizeAll(), norm.FinalizeAll()); err != nil {
		return result, fmt.Errorf("free the results of step %d: %w", step, err)
	}
	if !isFinite(result.Loss) || !isFinite(result.GradientNorm) || result.Loss > maxLoss {
		return result, fmt.Errorf("training diverged at step %d: loss %g, gradient norm %g; lower the learning rate or clip harder",
			step, result.Loss, result.GradientNorm)
	}
	return result, nil
}

// Model copies the weights as they are now.
func (s *Session) Model() (checkpoint.Model, error) {
	current := checkpoint.Model{Config: s.config, Weights: map[string][]float32{}}
	for _, tensor := range s.config.Tensors() {
		values, err := s.weight(tensor.Name)
		if err != nil {
			return checkpoint.Model{}, err
		}
		current.Weights[tensor.Name] = values
	}
	return current, nil
}

func (s *Session) weight(name string) ([]float32, error) {
	value, err := s.store.RootScope().GetVariable(name).Value()
	if err != nil {
		return nil, fmt.Errorf("read weight %s: %w", name, err)
	}
	values, err := tensors.CopyFlatData[float32](value)
	if err != nil {
		return nil, fmt.Errorf("read weight %s: %w", name, err)
	}
	return values, nil
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
