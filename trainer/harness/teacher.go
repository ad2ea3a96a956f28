package harness

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/llama"
)

// teacher is the full-precision model that training starts from, as weights on
// the backend that never change. Without distillation it is empty.
type teacher struct {
	embedding, norm *tensors.Tensor
	layers          [][]*tensors.Tensor
}

// loadTeacher puts the teacher's weights on the backend, if the training needs one.
func (s *Session) loadTeacher(start checkpoint.Model) (teacher, error) {
	var t teacher
	if !s.training.Distills() {
		return t, nil
	}
	put := func(tensor llama.Tensor, name string) *tensors.Tensor {
		return tensors.FromFlatDataAndDimensions(start.Weights[name], tensor.Shape...)
	}
	ends := s.config.EndTensors()
	t.embedding, t.norm = put(ends[0], ends[0].Name), put(ends[1], ends[1].Name)
	for layer := range s.config.NumHiddenLayers {
		var weights []*tensors.Tensor
		for _, tensor := range s.config.LayerTensors() {
			weights = append(weights, put(tensor, llama.LayerName(layer, tensor.Name)))
		}
		t.layers = append(t.layers, weights)
	}
	for _, weight := range t.all() {
		if err := weight.ToDevice(s.backend, 0); err != nil {
			return t, fmt.Errorf("load the teacher: %w", err)
		}
	}
	return t, nil
}

// all lists the teacher's weights in the order of the forward pass.
func (t teacher) all() []*tensors.Tensor {
	if t.embedding == nil {
		return nil
	}
	all := []*tensors.Tensor{t.embedding}
	for _, layer := range t.layers {
		all = append(all, layer...)
	}
	return append(all, t.norm)
}

// teachGraph is x [rows, hidden] and a layer's weights → the teacher's x after it.
func (b builder) teachGraph(inputs []*Node) []*Node {
	return []*Node{b.config.Block(named(b.config.LayerTensors(), inputs[1:]), llama.Dense, inputs[0], b.size, b.length)}
}

// layerLossGraph is x [rows, hidden] after a layer and the teacher's → the gradient of
// the layer's additional loss, or nothing where the training has none.
func (b builder) layerLossGraph(inputs []*Node) []*Node {
	losses := b.training.LayerLosses(inputs[0], inputs[1]) // [rows]
	if losses == nil {
		return []*Node{ScalarZero(inputs[0].Graph(), inputs[0].DType())}
	}
	loss := MulScalar(ReduceAllMean(losses), 1/float64(b.config.NumHiddenLayers*b.training.AccumulatedBatches()))
	return Gradient(loss, inputs[0])
}

// learn runs the teacher on the tokens beside x, the student's values before and
// after each layer, and gives each layer's additional gradient.
func (p *pass) learn() error {
	if p.teacher.embedding == nil {
		return nil
	}
	embedded, err := call(p.embed, "embed tokens for the teacher", []*tensors.Tensor{p.teacher.embedding, p.tokens})
	if err != nil {
		return err
	}
	p.teacherX = embedded[0]
	for layer, weights := range p.teacher.layers {
		outputs, err := call(p.teach, "run the teacher", append([]*tensors.Tensor{p.teacherX}, weights...), p.teacherX)
		if err != nil {
			return err
		}
		p.teacherX = outputs[0]
		gradient, err := call(p.layerLoss, "compare with the teacher", []*tensors.Tensor{p.x[layer+1], p.teacherX})
		if err != nil {
			return err
		}
		p.ofLayers = append(p.ofLayers, gradient[0])
	}
	return nil
}
