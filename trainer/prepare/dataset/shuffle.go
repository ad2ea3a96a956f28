package dataset

import (
	"iter"
	"math/rand/v2"
)

// Shuffle yields the rows in an order drawn from random. It holds at most
// buffer rows: it fills the buffer, and from then on each row takes the place of
// one drawn from it. So a row comes at most a buffer's length too early, and a
// stream sorted by topic stays so in the large: data sets that are one should be
// shuffled by whole files as well. An error ends the stream.
func Shuffle(rows iter.Seq2[string, error], buffer int, random *rand.Rand) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		held := make([]string, 0, buffer)
		for row, err := range rows {
			if err != nil {
				yield("", err)
				return
			}
			if len(held) < buffer {
				held = append(held, row)
				continue
			}
			place := random.IntN(buffer)
			drawn := held[place]
			held[place] = row
			if !yield(drawn, nil) {
				return
			}
		}
		random.Shuffle(len(held), func(i, j int) { held[i], held[j] = held[j], held[i] })
		for _, row := range held {
			if !yield(row, nil) {
				return
			}
		}
	}
}
