package generate

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/ternlab/ternlab/trainer/evaluate"
	"github.com/ternlab/ternlab/trainer/llama"
)

// Generator reads a text token by token and says what may come next.
type Generator struct {
	config   llama.Config
	context  int
	exec     *model.Exec
	caches   []any // keys and values of each layer in turn
	position int
}

// New prepares a model for a text of up to context tokens.
func New(backend compute.Backend, network evaluate.Network, weights evaluate.Weights, context int) (*Generator, error) {
	if longest := network.Config.MaxPositionEmbeddings; context < 1 || context > longest {
		return nil, fmt.Errorf("generate: a text of %d tokens is asked for, this model takes 1 to %d", context, longest)
	}
	g := &Generator{config: network.Config, context: context}
	store := model.NewStore()
	if err := weights.Store(store); err != nil {
		return nil, fmt.Errorf("generate: %w", err)
	}
	var err error
	if g.exec, err = model.NewExec(backend, store, next(network)); err != nil {
		return nil, fmt.Errorf("prepare generation: %w", err)
	}
	for range 2 * network.Config.NumHiddenLayers {
		g.caches = append(g.caches, tensors.FromScalarAndDimensions(float32(0), network.Config.CacheShape(context)...))
	}
	return g, nil
}

// next is the graph: token, position, keys and values of each layer → logits,
// and the same keys and values with the token in them.
func next(network evaluate.Network) func(scope *model.Scope, inputs []*Node) []*Node {
	return func(scope *model.Scope, inputs []*Node) []*Node {
		weights := func(name string) *Node { return scope.GetVariable(name).NodeValue(inputs[0].Graph()) }
		var caches []llama.Cache
		for layer := range network.Config.NumHiddenLayers {
			caches = append(caches, llama.Cache{Keys: inputs[2+2*layer], Values: inputs[3+2*layer]})
		}
		token, position := ConvertDType(inputs[0], dtypes.Int32), ConvertDType(inputs[1], dtypes.Int32)
		logits, caches := network.Config.NextLogits(weights, network.Linear(weights), token, position, caches)
		outputs := []*Node{logits}
		for _, cache := range caches {
			outputs = append(outputs, cache.Keys, cache.Values)
		}
		return outputs
	}
}

// Next reads a token and gives the logits [vocab] of the one after it.
func (g *Generator) Next(token int32) ([]float32, error) {
	if g.position >= g.context {
		return nil, fmt.Errorf("generate: the text is full at %d tokens", g.context)
	}
	outputs, err := g.exec.Call(append([]any{token, int32(g.position)}, g.caches...)...)
	if err != nil {
		return nil, fmt.Errorf("generate token %d: %w", g.position+1, err)
	}
	logits, err := tensors.CopyFlatData[float32](outputs[0])
	if err != nil {
		return nil, fmt.Errorf("generate token %d: %w", g.position+1, err)
	}
	for i, output := range outputs[1:] {
		if old, ok := g.caches[i].(*tensors.Tensor); ok {
			_ = old.FinalizeAll() // the garbage collector would find it as well, later
		}
		g.caches[i] = output
	}
	g.position++
	return logits, outputs[0].FinalizeAll()
}
