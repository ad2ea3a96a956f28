package llama

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Attention mixes values: query [batch·seq, hidden], key and value
// [batch·seq, keyValue] → [batch·seq, hidden].
type Attention func(query, key, value *Node) *Node

// Attention is causal grouped-query attention on sequences of seq tokens. Each
// key/value head serves a group of query heads, so the queries of a group are
// laid behind one another and multiplied with their shared keys at once; nothing
// is repeated in memory.
func (c Config) Attention(batch, seq int) Attention {
	return func(query, key, value *Node) *Node {
		a := c.attend(query, key, value, batch, seq)
		return a.join(func(block attentionBlock) *Node {
			return a.mix(Softmax(a.scores(block), -1), block)
		})
	}
}

// AttentionGiven has the gradient of [Config.Attention] at a place where its result
// [batch·seq, hidden] is known, and is meant for that alone. It needs neither the
// softmax's sum nor its gradient's, only what the result gives: the way of
// FlashAttention's backward pass (Dao et al. 2022, https://arxiv.org/abs/2205.14135).
func (c Config) AttentionGiven(result *Node, batch, seq int) Attention {
	return func(query, key, value *Node) *Node {
		a := c.attend(query, key, value, batch, seq)
		result := splitHeads(StopGradient(result), batch, seq, c.NumAttentionHeads, c.HeadDim())
		return a.join(func(block attentionBlock) *Node {
			weights := softmaxOfGivenSum(a.scores(block))
			// What the sum's change would take off: the result, for each weight.
			change := Mul(ReduceAndKeep(weights, ReduceSum, -1), rowsOf(result, block))
			return Sub(a.mix(weights, block), change)
		})
	}
}

// softmaxOfGivenSum is the softmax of scores [_, _, keys] whose largest score and
// sum are constants to gradients. They are taken off one after the other: the
// logarithm of the sum is lost when it is added to a large score.
func softmaxOfGivenSum(scores *Node) *Node {
	largest := StopGradient(ReduceAndKeep(scores, ReduceMax, -1)) // [_, _, 1]
	below := Sub(scores, largest)
	sum := StopGradient(ReduceAndKeep(Exp(below), ReduceSum, -1)) // [_, _, 1]
	return Exp(Sub(below, Log(sum)))
}

// attention is one layer's queries [batch·heads, seq, dim], keys and values
// [batch·shared, seq, dim] after rotation.
type attention struct {
	Config
	batch, seq        int
	query, key, value *Node
}

func (c Config) attend(query, key, value *Node, batch, seq int) attention {
	heads, shared, dim := c.NumAttentionHeads, c.NumKeyValueHeads, c.HeadDim()
	query = c.rotary(splitHeads(query, batch, seq, heads, dim), seq) // [batch·heads, seq, dim]
	key = c.rotary(splitHeads(key, batch, seq, shared, dim), seq)    // [batch·shared, seq, dim]
	value = splitHeads(value, batch, seq, shared, dim)               // [batch·shared, seq, dim]
	key, value = spreadNothing(key, value)
	return attention{c, batch, seq, MulScalar(query, 1/math.Sqrt(float64(dim))), key, value}
}

// spreadNothing keeps values that aren't finite from tokens that must not see them,
// whose weight of 0 would make 0 · Inf = NaN of them. Such a value becomes 0 and its
// key NaN, which shows in every token that may see it and in no other.
func spreadNothing(key, value *Node) (keys, values *Node) {
	finite := IsFinite(value)
	return Where(finite, key, Scalar(key.Graph(), key.DType(), math.NaN())), Where(finite, value, ScalarZero(value.Graph(), value.DType()))
}

// attentionBlock is a block of consecutive queries. They see the keys up to its
// end, so the scores of later keys need not be computed.
type attentionBlock struct{ begin, end int }

// A block has at least blockTokens queries, and a sequence at most maxBlocks.
const blockTokens, maxBlocks = 128, 4

// join puts the results [batch·heads, block, dim] of a sequence's blocks together:
// [batch·seq, hidden].
func (a attention) join(attend func(attentionBlock) *Node) *Node {
	size := max(blockTokens, (a.seq+maxBlocks-1)/maxBlocks)
	var results []*Node
	for begin := 0; begin < a.seq; begin += size {
		results = append(results, attend(attentionBlock{begin, min(begin+size, a.seq)}))
	}
	mixed := Concatenate(results, 1) // [batch·heads, seq, dim]
	mixed = Reshape(mixed, a.batch, a.NumAttentionHeads, a.seq, a.HeadDim())
	mixed = TransposeAllAxes(mixed, 0, 2, 1, 3) // [batch, seq, heads, dim]
	return Reshape(mixed, a.batch*a.seq, a.HiddenSize)
}

// scores says how much a block's queries look for each key:
// [batch·heads, block, end].
func (a attention) scores(block attentionBlock) *Node {
	shared, group := a.batch*a.NumKeyValueHeads, a.NumAttentionHeads/a.NumKeyValueHeads
	size := block.end - block.begin
	query := Reshape(rowsOf(a.query, block), shared, group*size, a.HeadDim())
	key := rowsOf(a.key, attentionBlock{0, block.end})
	scores := DotGeneral(query, []int{2}, []int{0}, key, []int{2}, []int{0}) // [batch·shared, group·block, end]
	scores = Reshape(scores, a.batch*a.NumAttentionHeads, size, block.end)
	later := BroadcastToShape(laterKeys(scores.Graph(), block), scores.Shape())
	return Where(later, Infinity(scores.Graph(), scores.DType(), -1), scores)
}

// mix adds up values by the weights [batch·heads, block, end]:
// [batch·heads, block, dim].
func (a attention) mix(weights *Node, block attentionBlock) *Node {
	shared, group := a.batch*a.NumKeyValueHeads, a.NumAttentionHeads/a.NumKeyValueHeads
	size := block.end - block.begin
	weights = Reshape(weights, shared, group*size, block.end)
	value := rowsOf(a.value, attentionBlock{0, block.end})
	mixed := DotGeneral(weights, []int{2}, []int{0}, value, []int{1}, []int{0}) // [batch·shared, group·block, dim]
	return Reshape(mixed, a.batch*a.NumAttentionHeads, size, a.HeadDim())
}

// rowsOf are the tokens of a block in x [_, seq, dim].
func rowsOf(x *Node, block attentionBlock) *Node {
	if block.begin == 0 && block.end == x.Shape().Dim(1) {
		return x
	}
	return Slice(x, AxisRange(), AxisRange(block.begin, block.end), AxisRange())
}

// splitHeads turns x [batch·seq, heads·dim] into [batch·heads, seq, dim].
func splitHeads(x *Node, batch, seq, heads, dim int) *Node {
	x = Reshape(x, batch, seq, heads, dim)
	x = TransposeAllAxes(x, 0, 2, 1, 3) // [batch, heads, seq, dim]
	return Reshape(x, batch*heads, seq, dim)
}

// laterKeys [1, block, end] are the keys that come after a query. Their scores are
// replaced, not lowered by some amount: no amount is so large that no weights could
// make up for it. They are found in the graph: as a constant, a mask of 2048 tokens
// would take 16 MB in each layer, several times over while a backend compiles.
func laterKeys(g *Graph, block attentionBlock) *Node {
	square := shapes.Make(dtypes.Int32, 1, block.end-block.begin, block.end)
	query := Add(Iota(g, square, 1), Const(g, int32(block.begin)))
	return GreaterThan(Iota(g, square, 2), query)
}
