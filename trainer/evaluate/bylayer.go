package evaluate

import (
	"errors"
	"fmt"
	"runtime"
	"slices"

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

// groupTokens is the most tokens whose x is held at once; SmolLM's takes 75 MB.
const groupTokens = 32768

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
	return []*Node{negativeLogLikelihoods(e.network.Config.Head(embedding, norm, x), targets)}
}

// run is the losses [rows] of each batch. They are computed group by group, so that
// x of a long text isn't held for all of it.
func (e *Evaluator) run(weights Weights, batches []batch) ([][]float32, error) {
	ends, err := e.load(weights, llama.Embedding, llama.FinalNorm)
	defer free(ends)
	if err != nil {
		return nil, err
	}
	var losses [][]float32
	for group := range slices.Chunk(batches, max(1, groupTokens/e.rows())) {
		x, err := e.runLayers(weights, ends[0], group)
		if err != nil {
			return nil, err
		}
		for i, batch := range group {
			ofBatch, err := e.losses(ends, x[i], batch.targets)
			if err != nil {
				return nil, err
			}
			losses = append(losses, ofBatch)
		}
	}
	return losses, nil
}

// runLayers takes batches through all layers: x [rows, hidden] after the last one of
// each. Only one layer's weights are on the backend at a time.
func (e *Evaluator) runLayers(weights Weights, embedding *tensors.Tensor, group []batch) ([]*tensors.Tensor, error) {
	x := make([]*tensors.Tensor, len(group))
	for i, batch := range group {
		tokens := tensors.FromFlatDataAndDimensions(batch.tokens, e.batchWindows(), e.context)
		outputs, err := call(e.graphs.embed, []*tensors.Tensor{tokens}, embedding)
		if err != nil {
			return nil, err
		}
		x[i] = outputs[0]
	}
	for layer := range e.network.Config.NumHiddenLayers {
		if err := e.runLayer(weights, layer, x); err != nil {
			return nil, fmt.Errorf("layer %d: %w", layer, err)
		}
	}
	return x, nil
}

// runLayer replaces each x [rows, hidden] by what a layer makes of it.
func (e *Evaluator) runLayer(weights Weights, layer int, x []*tensors.Tensor) error {
	names := e.network.layerNames()
	for i, name := range names {
		names[i] = llama.LayerName(layer, name)
	}
	ofLayer, err := e.load(weights, names...)
	defer free(ofLayer)
	if err != nil {
		return err
	}
	for i := range x {
		outputs, err := call(e.graphs.layer, x[i:i+1], ofLayer...)
		if err != nil {
			return err
		}
		x[i] = outputs[0]
	}
	return nil
}

// load puts weights on the backend.
func (e *Evaluator) load(weights Weights, names ...string) ([]*tensors.Tensor, error) {
	var values []*tensors.Tensor
	for _, name := range names {
		value := weights.tensor(name)
		values = append(values, value)
		if err := value.ToDevice(e.backend, 0); err != nil {
			return values, fmt.Errorf("load %s: %w", name, err)
		}
	}
	runtime.GC() // Go's own copies
	return values, nil
}

// losses are the negative log-likelihoods of targets [rows], from x [rows, hidden]
// after the last layer.
func (e *Evaluator) losses(ends []*tensors.Tensor, x *tensors.Tensor, targets []int32) ([]float32, error) {
	chunks, err := call(e.graphs.split, []*tensors.Tensor{x})
	if err != nil {
		return nil, err
	}
	targets = slices.Concat(targets, make([]int32, e.chunks()*e.chunkRows()-len(targets))) // as split fills up x
	var losses []float32
	for i, chunk := range chunks {
		ofChunk := tensors.FromFlatDataAndDimensions(targets[i*e.chunkRows():(i+1)*e.chunkRows()], e.chunkRows())
		output, err := call(e.graphs.losses, []*tensors.Tensor{chunk, ofChunk}, ends...)
		if err != nil {
			return nil, err
		}
		some, err := tensors.CopyFlatData[float32](output[0])
		free(output)
		if err != nil {
			return nil, err
		}
		losses = append(losses, some...)
	}
	return losses, nil
}

// call runs a graph on tensors that are freed afterwards and on some that are kept.
func call(exec *Exec, consumed []*tensors.Tensor, kept ...*tensors.Tensor) ([]*tensors.Tensor, error) {
	var inputs []any
	for _, value := range slices.Concat(consumed, kept) {
		inputs = append(inputs, value)
	}
	outputs, err := exec.Call(inputs...)
	free(consumed)
	return outputs, err
}

// free gives back the backend's memory at once; Go's collector doesn't know of it.
func free(values []*tensors.Tensor) {
	for _, value := range values {
		_ = value.FinalizeAll() // the collector would find it as well, later
	}
}
