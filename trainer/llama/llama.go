package llama

import (
	"math"

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
	return c.BlockAround(c.Attention(batch, seq), weights, linear, x)
}

// BlockAround is a decoder layer, like [Config.Block], around a given attention.
func (c Config) BlockAround(attention Attention, weights Weights, linear Linear, x *Node) *Node {
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
