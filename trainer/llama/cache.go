package llama

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Cache holds what a layer's attention has seen: keys and values
// [key/value heads, context, dim] of the tokens so far, zeros behind them.
type Cache struct{ Keys, Values *Node }

// CacheShape is the shape of a cache's keys and of its values.
func (c Config) CacheShape(context int) []int {
	return []int{c.NumKeyValueHeads, context, c.HeadDim()}
}

// NextLogits is the network for one more token of a single text: the token []
// at a position [] (both int32) and the caches of the layers → logits [vocab] for
// the token after it, and the caches with this one in them. What it computes is
// [Config.Logits]' last row.
func (c Config) NextLogits(weights Weights, linear Linear, token, position *Node, caches []Cache) (*Node, []Cache) {
	embedding := weights(Embedding)               // [vocab, hidden]
	x := c.Embed(embedding, Reshape(token, 1, 1)) // [1, hidden]
	cos, sin := c.rotaryAt(position)              // [1, half]
	after := make([]Cache, len(caches))           // filled by the layers
	for layer := range c.NumHiddenLayers {
		within := func(name string) *Node { return weights(LayerName(layer, name)) }
		named := func(name string, x, weight *Node) *Node { return linear(LayerName(layer, name), x, weight) }
		x = c.BlockAround(func(query, key, value *Node) *Node {
			query = c.rotate(Reshape(query, c.NumAttentionHeads, c.HeadDim()), cos, sin)
			key = c.rotate(Reshape(key, c.NumKeyValueHeads, c.HeadDim()), cos, sin)
			key, value = spreadNothing(key, Reshape(value, c.NumKeyValueHeads, c.HeadDim()))
			after[layer] = Cache{
				Keys:   remember(caches[layer].Keys, key, position),
				Values: remember(caches[layer].Values, value, position),
			}
			return c.attendToCache(query, after[layer], position)
		}, within, named, x)
	}
	return Reshape(c.Head(embedding, weights(FinalNorm), x), c.VocabSize), after
}

// remember writes a token's keys or values [heads, dim] into a cache. It rewrites
// all of it, since the go backend can't update a slice.
func remember(cache, token, position *Node) *Node {
	places := Iota(cache.Graph(), shapes.Make(dtypes.Int32, cache.Shape().Dimensions...), 1)
	return Where(Equal(places, position), BroadcastToShape(InsertAxes(token, 1), cache.Shape()), cache)
}

// attendToCache is the attention of one token's queries [heads, dim] to all up to
// its position.
func (c Config) attendToCache(query *Node, cache Cache, position *Node) *Node {
	shared, dim := c.NumKeyValueHeads, c.HeadDim()
	query = MulScalar(Reshape(query, shared, c.NumAttentionHeads/shared, dim), 1/math.Sqrt(float64(dim)))
	scores := DotGeneral(query, []int{2}, []int{0}, cache.Keys, []int{2}, []int{0}) // [shared, group, context]
	places := Iota(query.Graph(), shapes.Make(dtypes.Int32, scores.Shape().Dimensions...), 2)
	scores = Where(LessOrEqual(places, position), scores, Infinity(scores.Graph(), scores.DType(), -1))
	mixed := DotGeneral(Softmax(scores, -1), []int{2}, []int{0}, cache.Values, []int{1}, []int{0}) // [shared, group, dim]
	return Reshape(mixed, 1, c.NumAttentionHeads*dim)
}

// rotaryAt are the cosines and sines [1, half] of one position.
func (c Config) rotaryAt(position *Node) (cos, sin *Node) {
	half := c.HeadDim() / 2
	frequencies := make([]float32, half)
	for i := range half {
		frequencies[i] = float32(math.Pow(c.RopeTheta, -float64(i)/float64(half)))
	}
	angles := Mul(Const(position.Graph(), [][]float32{frequencies}), ConvertDType(position, dtypes.Float32)) // [1, half]
	return Cos(angles), Sin(angles)
}

// rotate turns x [heads, dim] by the angles [1, half] of its position.
func (c Config) rotate(x, cos, sin *Node) *Node {
	half := c.HeadDim() / 2
	first, second := Slice(x, AxisRange(), AxisRange(0, half)), Slice(x, AxisRange(), AxisRange(half, 2*half))
	return Concatenate([]*Node{
		Sub(Mul(first, cos), Mul(second, sin)),
		Add(Mul(second, cos), Mul(first, sin)),
	}, -1) // [heads, dim]
}
