package prepare

import (
	"fmt"
	"math/rand/v2"
)

// Batches draws training batches from a text, in an order that depends on the
// seed alone.
type Batches struct {
	tokens          []int32
	batch, sequence int
	random          *rand.Rand
}

// NewBatches prepares batches of shape [batch, sequence+1]: each row is a run of
// neighbouring tokens from a random place in the text, one longer than the
// sequence so that every position has a next token to predict.
func NewBatches(tokens []int32, batch, sequence int, seed uint64) (*Batches, error) {
	if batch < 1 || sequence < 1 {
		return nil, fmt.Errorf("draw batches: batch size %d and sequence length %d must be positive", batch, sequence)
	}
	if len(tokens) < sequence+1 {
		return nil, fmt.Errorf("draw batches: the text has %d tokens, a sequence needs %d", len(tokens), sequence+1)
	}
	const stream = 0x7465726e6c6162 // keeps this use of the seed apart from others
	return &Batches{tokens, batch, sequence, rand.New(rand.NewPCG(seed, stream))}, nil
}

// Next draws a batch: token ids [batch, sequence+1], row-major.
func (b *Batches) Next() []int32 {
	rows := make([]int32, 0, b.batch*(b.sequence+1))
	for range b.batch {
		start := b.random.IntN(len(b.tokens) - b.sequence)
		rows = append(rows, b.tokens[start:start+b.sequence+1]...)
	}
	return rows
}
