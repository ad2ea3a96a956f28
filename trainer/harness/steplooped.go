package harness

import (
	"runtime"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"
)

// stepLooped runs a step whose layers are turns of a loop. It is few calls, since
// go-xla waits for each; in return, the new weights of several layers are in memory
// beside the old ones.
func (s *Session) stepLooped(number int, tokens []int32, result *StepResult) error {
	// loss, gradients of embedding and final norm, stacks of the layers' gradients
	total, err := s.sumBatches(tokens, func(batch []int32) ([]*tensors.Tensor, error) {
		return s.loopBatch(batch, result.Schedule)
	})
	if err != nil {
		return err
	}
	norm, err := new(inputs).keep(total[1:]...).call(s.graphs.norm, "measure gradients")
	if err != nil {
		return err
	}
	if err := s.loopUpdates(norm[0], result.LearningRate, number, total[1:]); err != nil {
		return err
	}
	runtime.GC() // see stepByLayer
	result.Loss, result.GradientNorm = scalar(total[0]), scalar(norm[0])
	return result.check()
}

// loopBatch runs a batch through the network and back: its share of the loss,
// and the gradients of embedding, final norm and, as stacks, the layers.
func (s *Session) loopBatch(batch []int32, schedule Schedule) ([]*tensors.Tensor, error) {
	tokens, targets := s.shift(batch)
	all := weightsOf(s.parameters())
	forward, err := new(inputs).scalars(schedule.Lambda, schedule.Residual).keep(tokens).keep(all[:len(all)-1]...).
		call(s.graphs.loopForward, "run the layers")
	if err != nil {
		return nil, err
	}
	head, err := new(inputs).keep(s.embedding.weight, s.norm.weight).consume(forward[0], targets).
		call(s.graphs.loopHead, "run the output layer")
	if err != nil {
		return nil, err
	}
	loss, ofEmbedding, ofNorm, ofX := head[0], head[1], head[2], head[3]
	backward, err := new(inputs).scalars(schedule.Lambda, schedule.Residual).consume(ofX).consume(forward[1:]...).
		call(s.graphs.loopBackward, "run the layers backward")
	if err != nil {
		return nil, err
	}
	embedding, err := new(inputs).consume(ofEmbedding, tokens, backward[0]).call(s.graphs.embedBackward, "run the embedding backward")
	if err != nil {
		return nil, err
	}
	_ = embedding[0].FinalizeAll() // its squares, a few bytes; the norm is measured over all gradients at once
	return append([]*tensors.Tensor{loss, embedding[1], ofNorm}, backward[1:]...), nil
}

// layersPerUpdate is the number of layers that one call updates: go-xla v0.4.1
// waits for each call, which for a layer takes longer than its update. It is the
// largest divisor of the layers up to 10, so that all calls are of one graph.
func layersPerUpdate(layers int) int {
	for count := min(10, layers); ; count-- {
		if layers%count == 0 {
			return count
		}
	}
}

// loopUpdates changes weights and optimizer states.
func (s *Session) loopUpdates(norm *tensors.Tensor, learningRate float64, number int, gradients []*tensors.Tensor) error {
	stacks, first := gradients[2:], 0
	for layers := range slices.Chunk(s.layers, layersPerUpdate(len(s.layers))) {
		in := new(inputs).keep(norm).scalars(learningRate, float64(number)).number(first).keep(stacks...)
		parameters := slices.Concat(layers...)
		for _, p := range parameters {
			in.consume(p.weight).consume(p.states...)
		}
		if err := in.update(s.graphs.loopUpdate, parameters); err != nil {
			return err
		}
		first += len(layers)
	}
	in := new(inputs).keep(norm).scalars(learningRate, float64(number)).free(stacks...)
	ends := []*parameter{s.embedding, s.norm}
	for i, p := range ends {
		in.consume(p.weight, gradients[i]).consume(p.states...)
	}
	return in.update(s.graphs.updateEnds, ends)
}
