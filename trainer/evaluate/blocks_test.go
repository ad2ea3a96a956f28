package evaluate

import (
	"slices"
	"testing"
)

func TestBlocks(t *testing.T) {
	counting := func(windows int) []float64 {
		nats := make([]float64, windows)
		for i := range nats {
			nats[i] = 10 * float64(i)
		}
		return nats
	}
	e := &Evaluator{context: 11} // 10 predicted tokens
	tests := map[int][]float32{
		1:  {0},
		3:  {0, 1, 2},
		64: nil, // pairs: 0.5, 2.5, …
		97: nil, // fours, the last one left out
	}
	for i := range 32 {
		tests[64] = append(tests[64], float32(2*i)+0.5)
	}
	for i := range 24 {
		tests[97] = append(tests[97], float32(4*i)+1.5)
	}
	for windows, want := range tests {
		if got := e.blocks(counting(windows)); !slices.Equal(got, want) {
			t.Errorf("%d windows give %v, want %v", windows, got, want)
		}
	}
}
