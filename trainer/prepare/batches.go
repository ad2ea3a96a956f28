package prepare

import (
	"fmt"
	"math/rand/v2"
)

// Batches draws training batches from a text, in an order that depends on the
// seed alone.
type Batches struct {
	text            Text
	batch, sequence int
	random          *rand.Rand
}

// NewBatches prepares batches of shape [batch, sequence+1]: each row is a run of
// neighbouring tokens from a random place in the text, one longer than the
// sequence so that every position has a next token to predict.
func NewBatches(text Text, batch, sequence int, seed uint64) (*Batches, error) {
	if batch < 1 || sequence < 1 {
		return nil, fmt.Errorf("draw batches: batch size %d and sequence length %d must be positive", batch, sequence)
	}
	if text.Len() < sequence+1 {
		return nil, fmt.Errorf("draw batches: the text has %d tokens, a sequence needs %d", text.Len(), sequence+1)
	}
	const stream = 0x7465726e6c6162 // keeps this use of the seed apart from others
	return &Batches{text, batch, sequence, rand.New(rand.NewPCG(seed, stream))}, nil
}

// Next draws a batch: token ids [batch, sequence+1], row-major.
func (b *Batches) Next() []int32 {
	length := b.sequence + 1
	rows := make([]int32, b.batch*length)
	for row := range b.batch {
		start := b.random.IntN(b.text.Len() - b.sequence)
		b.text.Copy(rows[row*length:(row+1)*length], start)
	}
	return rows
}
