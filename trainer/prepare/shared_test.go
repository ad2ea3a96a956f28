package prepare

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestShared(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	draw := func(n int) []int32 {
		ids := make([]int32, n)
		for i := range ids {
			ids[i] = random.Int32N(512)
		}
		return ids
	}
	long, other := draw(150_000), draw(2000) // longer than a piece that is read at once
	tests := map[string]struct {
		text  []int32
		other Text
		want  float64
	}{
		"another text":            {draw(2000), IDs(long), 0},
		"the same text":           {other, IDs(other), 1},
		"the end of it":           {long[len(long)-1000:], IDs(long), 1},
		"across the pieces read":  {long[1<<16-500 : 1<<16+500], IDs(long), 1},
		"half of it":              {slices.Concat(draw(1000), long[5000:6000]), IDs(long), 0.5},
		"a phrase":                {slices.Concat(draw(1000), long[5000:5000+sharedRun-1]), IDs(long), 0},
		"one token repeated":      {make([]int32, 1000), IDs(make([]int32, 100)), 1},
		"shorter than a run":      {long[:sharedRun-1], IDs(long), 0},
		"the other is":            {other, IDs(other[:sharedRun-1]), 0},
		"none":                    {nil, IDs(long), 0},
		"the same in other order": {slices.Concat(other[1000:], other[:1000]), IDs(other), 0.976},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Shared(test.text, test.other); math.Abs(got-test.want) > 0.03 {
				t.Errorf("%.3f of it is shared, want %.3f", got, test.want)
			}
		})
	}
}
