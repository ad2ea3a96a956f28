package llama

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Weights gives the graph node of a tensor by its name.
type Weights func(name string) *Node

// Linear applies one linear layer: x [tokens, in] by weight [out, in] gives
// [tokens, out]. The name is the weight's.
type Linear func(name string, x, weight *Node) *Node

// Dense is the full-precision [Linear]: x · weightᵀ.
func Dense(_ string, x, weight *Node) *Node {
	return DotGeneral(x, []int{1}, nil, weight, []int{1}, nil) // [tokens, out]
}

// Logits is the whole network: tokens [batch, seq] (int32) to logits
// [batch·seq, vocab].
//
// Touvron et al. 2023, https://arxiv.org/abs/2302.13971, with grouped-query
// attention and tied embeddings as in SmolLM.
func (c Config) Logits(weights Weights, linear Linear, tokens *Node) *Node {
	batch, seq := tokens.Shape().Dim(0), tokens.Shape().Dim(1)
	embedding := weights(Embedding) // [vocab, hidden]
	x := c.Embed(embedding, tokens) // [batch·seq, hidden]
	for layer := range c.NumHiddenLayers {
		within := func(name string) *Node { return weights(LayerName(layer, name)) }
		named := func(name string, x, weight *Node) *Node { return linear(LayerName(layer, name), x, weight) }
		x = c.Block(within, named, x, batch, seq)
	}
	return c.Head(embedding, weights(FinalNorm), x) // [batch·seq, vocab]
}

// Embed looks up tokens [batch, seq] in the embedding [vocab, hidden]:
// [batch·seq, hidden].
func (c Config) Embed(embedding, tokens *Node) *Node {
	return Gather(embedding, Reshape(tokens, tokens.Shape().Size(), 1))
}

// Head turns the last layer's x [rows, hidden] into logits [rows, vocab]; the
// output layer is the embedding.
func (c Config) Head(embedding, norm, x *Node) *Node {
	return Dense(Embedding, c.rmsNorm(x, norm), embedding)
}

// Block is one decoder layer on x [batch·seq, hidden]. Names of weights are
// those within a layer, as [Config.LayerTensors] has them.
func (c Config) Block(weights Weights, linear Linear, x *Node, batch, seq int) *Node {
	return c.block(weights, linear, x, func(query, key, value *Node) *Node {
		return c.attention(query, key, value, batch, seq)
	})
}

// block is a decoder layer around an attention.
func (c Config) block(weights Weights, linear Linear, x *Node, attention func(query, key, value *Node) *Node) *Node {
	apply := func(name string, x *Node) *Node { return linear(name, x, weights(name)) }
	normed := c.rmsNorm(x, weights("input_layernorm.weight"))
	query := apply("self_attn.q_proj.weight", normed) // [batch·seq, hidden]
	key := apply("self_attn.k_proj.weight", normed)   // [batch·seq, keyValue]
	value := apply("self_attn.v_proj.weight", normed) // [batch·seq, keyValue]
	x = Add(x, apply("self_attn.o_proj.weight", attention(query, key, value)))

	normed = c.rmsNorm(x, weights("post_attention_layernorm.weight"))
	gate := apply("mlp.gate_proj.weight", normed)  // [batch·seq, intermediate]
	up := apply("mlp.up_proj.weight", normed)      // [batch·seq, intermediate]
	activated := Mul(Mul(gate, Sigmoid(gate)), up) // SwiGLU: silu(gate) · up
	return Add(x, apply("mlp.down_proj.weight", activated))
}

// attention is causal grouped-query attention. Each key/value head serves a
// group of query heads, so the queries of a group are laid behind one another
// and multiplied with their shared keys at once; nothing is repeated in memory.
func (c Config) attention(query, key, value *Node, batch, seq int) *Node {
	heads, shared, dim := c.NumAttentionHeads, c.NumKeyValueHeads, c.HeadDim()
	group := heads / shared
	query = c.rotary(splitHeads(query, batch, seq, heads, dim), seq) // [batch·heads, seq, dim]
	key = c.rotary(splitHeads(key, batch, seq, shared, dim), seq)    // [batch·shared, seq, dim]
	value = splitHeads(value, batch, seq, shared, dim)               // [batch·shared, seq, dim]

	query = MulScalar(query, 1/math.Sqrt(float64(dim)))
	query = Reshape(query, batch*shared, group*seq, dim)
	scores := DotGeneral(query, []int{2}, []int{0}, key, []int{2}, []int{0}) // [batch·shared, group·seq, seq]
	scores = Reshape(scores, batch*heads, seq, seq)
	scores = Add(scores, causalMask(scores.Graph(), seq)) // [batch·heads, seq, seq]
	weights := Reshape(Softmax(scores, -1), batch*shared, group*seq, seq)
	mixed := DotGeneral(weights, []int{2}, []int{0}, value, []int{1}, []int{0}) // [batch·shared, group·seq, dim]

	mixed = Reshape(mixed, batch, heads, seq, dim)
	mixed = TransposeAllAxes(mixed, 0, 2, 1, 3) // [batch, seq, heads, dim]
	return Reshape(mixed, batch*seq, heads*dim)
}

// splitHeads turns x [batch·seq, heads·dim] into [batch·heads, seq, dim].
func splitHeads(x *Node, batch, seq, heads, dim int) *Node {
	x = Reshape(x, batch, seq, heads, dim)
	x = TransposeAllAxes(x, 0, 2, 1, 3) // [batch, heads, seq, dim]
	return Reshape(x, batch*heads, seq, dim)
}

// causalMask [1, seq, seq] is 0 where a query may see a key, and so low
// elsewhere that its softmax is 0. It is computed in the graph: as a constant, a
// mask of 2048 tokens would take 16 MB in each layer, several times over while a
// backend compiles.
func causalMask(g *Graph, seq int) *Node {
	square := shapes.Make(dtypes.Int32, 1, seq, seq)
	later := GreaterThan(Iota(g, square, 2), Iota(g, square, 1)) // keys after the query
	return MulScalar(ConvertDType(later, dtypes.Float32), -1e9)
}

// rotary turns pairs of x [_, seq, dim] by an angle that grows with the
// position: RoPE, Su et al. 2021, https://arxiv.org/abs/2104.09864, in Hugging
// Face's layout, where value i pairs with value i + dim/2.
func (c Config) rotary(x *Node, seq int) *Node {
	half := c.HeadDim() / 2
	cos, sin := c.rotaryTables(x.Graph(), seq) // [1, seq, half]
	first := Slice(x, AxisRange(), AxisRange(), AxisRange(0, half))
	second := Slice(x, AxisRange(), AxisRange(), AxisRange(half, 2*half))
	return Concatenate([]*Node{
		Sub(Mul(first, cos), Mul(second, sin)),
		Add(Mul(second, cos), Mul(first, sin)),
	}, -1) // [_, seq, dim]
}

func (c Config) rotaryTables(g *Graph, seq int) (cos, sin *Node) {
	half := c.HeadDim() / 2
	cosines, sines := make([][]float32, seq), make([][]float32, seq)
	for position := range seq {
		cosines[position], sines[position] = make([]float32, half), make([]float32, half)
		for i := range half {
			angle := float64(position) * math.Pow(c.RopeTheta, -float64(i)/float64(half))
			cosines[position][i] = float32(math.Cos(angle))
			sines[position][i] = float32(math.Sin(angle))
		}
	}
	return Const(g, [][][]float32{cosines}), Const(g, [][][]float32{sines})
}

// rmsNorm is x / rms(x) · gain over the last axis of x [tokens, hidden]: Zhang
// and Sennrich 2019, https://arxiv.org/abs/1910.07467.
func (c Config) rmsNorm(x, gain *Node) *Node {
	meanSquare := ReduceAndKeep(Square(x), ReduceMean, -1)           // [tokens, 1]
	inverse := Reciprocal(Sqrt(AddScalar(meanSquare, c.RMSNormEps))) // Rsqrt has no gradient in GoMLX v0.28
	return Mul(Mul(x, inverse), ExpandLeftToRank(gain, x.Rank()))    // [tokens, hidden]
}
