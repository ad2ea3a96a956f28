package selftest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/llama"
)

// tolerance is by how much a value may differ, as a part of the largest in its
// tensor. Sums of float32 in another order differ by 1e-5 or less.
const tolerance = 1e-3

// Size of the batch in tokens.
const batch, length = 2, 16

// architecture has every part of a Llama, shared key and value heads and tied
// embeddings among them, and is quick to compile.
func architecture() llama.Config {
	return llama.Config{
		ModelType: "llama", HiddenSize: 32, IntermediateSize: 64, NumHiddenLayers: 1,
		NumAttentionHeads: 4, NumKeyValueHeads: 2, VocabSize: 64, MaxPositionEmbeddings: length,
		RopeTheta: 10000, RMSNormEps: 1e-5, TieWordEmbeddings: true,
	}
}

// Compare runs a training step, its loss and the gradient of every weight, on
// both backends. The error names the first that differs by more than 0.1 %.
func Compare(candidate, reference compute.Backend) error {
	got, err := step(candidate)
	if err != nil {
		return fmt.Errorf("run a training step: %w", err)
	}
	want, err := step(reference)
	if err != nil {
		return fmt.Errorf("run the reference's training step: %w", err)
	}
	names := []string{"loss"}
	for _, tensor := range architecture().Tensors() {
		names = append(names, "gradient of "+tensor.Name)
	}
	for i, name := range names {
		if err := near(got[i], want[i]); err != nil {
			return fmt.Errorf("self-test failed: %s %w", name, err)
		}
	}
	return nil
}

// near compares values relative to the largest that is wanted. NaN is never
// near.
func near(got, want []float32) error {
	var largest, difference float64
	for i := range want {
		largest = max(largest, math.Abs(float64(want[i])))
		difference = max(difference, math.Abs(float64(got[i])-float64(want[i])))
	}
	if !(difference <= tolerance*largest) {
		return fmt.Errorf("differs from the go backend's by %.2g of its largest value, and %g is allowed", difference/largest, tolerance)
	}
	return nil
}

// step returns the loss and the gradients of all weights in the order of
// [llama.Config.Tensors].
func step(backend compute.Backend) ([][]float32, error) {
	exec, err := NewExec(backend, lossAndGradients)
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	results, err := exec.Call(inputs()...)
	if err != nil {
		return nil, err
	}
	values := make([][]float32, len(results))
	for i, result := range results {
		if values[i], err = tensors.CopyFlatData[float32](result); err != nil {
			return nil, err
		}
		if err := result.FinalizeAll(); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// inputs are the tokens [batch, length+1], then the weights, the same each time.
func inputs() []any {
	random := rand.New(rand.NewPCG(4, 3))
	config := architecture()
	tokens := make([]int32, batch*(length+1))
	for i := range tokens {
		tokens[i] = random.Int32N(int32(config.VocabSize))
	}
	all := []any{tensors.FromFlatDataAndDimensions(tokens, batch, length+1)}
	for _, tensor := range config.Tensors() {
		values := make([]float32, tensor.Size())
		for i := range values {
			values[i] = float32(random.NormFloat64() * 0.1)
			if len(tensor.Shape) == 1 {
				values[i]++ // a norm's gain
			}
		}
		all = append(all, tensors.FromFlatDataAndDimensions(values, tensor.Shape...))
	}
	return all
}

// lossAndGradients is the mean cross-entropy of the next tokens and its
// gradients. Its inputs are those of [inputs].
func lossAndGradients(inputs []*Node) []*Node {
	config := architecture()
	weights := map[string]*Node{}
	for i, tensor := range config.Tensors() {
		weights[tensor.Name] = inputs[i+1]
	}
	tokens := Slice(inputs[0], AxisRange(), AxisRange(0, length))    // [batch, length]
	targets := Slice(inputs[0], AxisRange(), AxisRange(1, length+1)) // [batch, length]
	logits := config.Logits(func(name string) *Node { return weights[name] }, llama.Dense, tokens)
	wanted := OneHot(Reshape(targets, batch*length), config.VocabSize, logits.DType()) // [batch·length, vocab]
	loss := Neg(ReduceAllMean(ReduceSum(Mul(Log(Softmax(logits, -1)), wanted), -1)))   // []
	return append([]*Node{loss}, Gradient(loss, inputs[1:]...)...)
}
