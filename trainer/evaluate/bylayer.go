package evaluate

import (
	"errors"
	"fmt"
	"runtime"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/llama"
)

// graphs are the network in pieces, driven from Go. One layer is compiled instead
// of all, each layer's intermediate results are freed before the next begins, and
// never more than a chunk of the logits is held.
type graphs struct {
	embed  *Exec // windows, embedding → x
	layer  *Exec // x, weights of a layer → x after it
	split  *Exec // x → chunks of rows
	losses *Exec // chunk of x, targets, embedding, norm → negative log-likelihoods
}

// chunkLogits is the most logits that are held at once: 256 rows of SmolLM's.
const chunkLogits = 256 * 49152

func (e *Evaluator) prepare() error {
	var failures []error
	for target, graph := range map[**Exec]func([]*Node) []*Node{
		&e.graphs.embed: e.embedGraph, &e.graphs.layer: e.layerGraph, &e.graphs.split: e.splitGraph, &e.graphs.losses: e.lossesGraph,
	} {
		exec, err := NewExec(e.backend, graph)
		*target, failures = exec, append(failures, err)
	}
	return errors.Join(failures...)
}

// embedGraph is windows [batch, context], embedding [vocab, hidden] → x [rows, hidden].
func (e *Evaluator) embedGraph(inputs []*Node) []*Node {
	return []*Node{e.network.Config.Embed(inputs[1], inputs[0])}
}

// layerGraph is x [rows, hidden] and a layer's weights → x after the layer.
func (e *Evaluator) layerGraph(inputs []*Node) []*Node {
	byName := map[string]*Node{}
	for i, name := range e.network.layerNames() {
		byName[name] = inputs[1+i]
	}
	weights := func(name string) *Node { return byName[name] }
	return []*Node{e.network.Config.Block(weights, e.network.Linear(weights), inputs[0], e.batchWindows(), e.context)}
}

func (e *Evaluator) rows() int { return e.batchWindows() * e.context }

// chunkRows is the number of rows whose logits are held at once.
func (e *Evaluator) chunkRows() int {
	return min(e.rows(), max(1, chunkLogits/e.network.Config.VocabSize))
}

func (e *Evaluator) chunks() int { return (e.rows() + e.chunkRows() - 1) / e.chunkRows() }

// splitGraph is x [rows, hidden] → chunks [chunk, hidden]; zeros fill the last.
func (e *Evaluator) splitGraph(inputs []*Node) []*Node {
	missing := e.chunks()*e.chunkRows() - e.rows()
	x := Pad(inputs[0], ScalarZero(inputs[0].Graph(), inputs[0].DType()), PadAxis{End: missing}, PadAxis{})
	return Split(x, 0, e.chunks())
}

// lossesGraph is x [chunk, hidden], targets [chunk], embedding, final norm → the
// negative log-likelihood of each target in nats [chunk].
func (e *Evaluator) lossesGraph(inputs []*Node) []*Node {
	x, targets, embedding, norm := inputs[0], inputs[1], inputs[2], inputs[3]
	logits := e.network.Config.Head(embedding, norm, x)                                          // [chunk, vocab]
	target := ReduceSum(Mul(logits, OneHot(targets, logits.Shape().Dim(1), logits.DType())), -1) // [chunk]
	highest := ReduceMax(logits, -1)                                                             // [chunk]
	normalizer := ReduceSum(Exp(Sub(logits, InsertAxes(highest, -1))), -1)                       // [chunk]
	return []*Node{Sub(Add(highest, Log(normalizer)), target)}
}

// loaded are a model's weights on the backend.
type loaded struct {
	embedding, norm *tensors.Tensor
	layers          [][]any // weights of each layer, in layerNames' order
	all             []*tensors.Tensor
}

// load puts weights on the backend, one layer's after another's.
func (e *Evaluator) load(weights Weights) (loaded, error) {
	var l loaded
	onBackend := func(name string) (*tensors.Tensor, error) {
		value := weights.tensor(name)
		l.all = append(l.all, value)
		if err := value.ToDevice(e.backend, 0); err != nil {
			return nil, fmt.Errorf("load %s: %w", name, err)
		}
		return value, nil
	}
	var err error
	if l.embedding, err = onBackend(llama.Embedding); err != nil {
		return l, err
	}
	if l.norm, err = onBackend(llama.FinalNorm); err != nil {
		return l, err
	}
	for layer := range e.network.Config.NumHiddenLayers {
		var values []any
		for _, name := range e.network.layerNames() {
			value, err := onBackend(llama.LayerName(layer, name))
			if err != nil {
				return l, err
			}
			values = append(values, value)
		}
		l.layers = append(l.layers, values)
		runtime.GC() // Go's own copies of this layer
	}
	return l, nil
}

// free gives back the backend's memory at once; Go's collector doesn't know of it.
func (l loaded) free() {
	for _, value := range l.all {
		_ = value.FinalizeAll() // the collector would find it as well, later
	}
}

// losses are the negative log-likelihoods of what follows each token of the
// windows, [rows]; that of the very last is meaningless.
func (e *Evaluator) losses(weights loaded, windows []int32) ([]float32, error) {
	tokens := tensors.FromFlatDataAndDimensions(windows, e.batchWindows(), e.context)
	x, err := call(e.graphs.embed, []*tensors.Tensor{tokens}, weights.embedding)
	if err != nil {
		return nil, err
	}
	for _, layer := range weights.layers {
		if x, err = call(e.graphs.layer, x, layer...); err != nil {
			return nil, err
		}
	}
	chunks, err := call(e.graphs.split, x)
	if err != nil {
		return nil, err
	}
	targets := make([]int32, e.chunks()*e.chunkRows())
	copy(targets, windows[1:])
	var losses []float32
	for i, chunk := range chunks {
		ofChunk := tensors.FromFlatDataAndDimensions(targets[i*e.chunkRows():(i+1)*e.chunkRows()], e.chunkRows())
		output, err := call(e.graphs.losses, []*tensors.Tensor{chunk, ofChunk}, weights.embedding, weights.norm)
		if err != nil {
			return nil, err
		}
		some, err := tensors.CopyFlatData[float32](output[0])
		if err := errors.Join(err, output[0].FinalizeAll()); err != nil {
			return nil, err
		}
		losses = append(losses, some...)
	}
	return losses[:e.rows()], nil
}

// call runs a graph on x, which is freed afterwards, and on more.
func call(exec *Exec, x []*tensors.Tensor, more ...any) ([]*tensors.Tensor, error) {
	var inputs []any
	for _, value := range x {
		inputs = append(inputs, value)
	}
	outputs, err := exec.Call(append(inputs, more...)...)
	for _, value := range x {
		err = errors.Join(err, value.FinalizeAll())
	}
	return outputs, err
}
