package verdict

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// textsOf draws baseline and champion on a text of some pieces, on seeds: pieces of
// unlike difficulty, and gains that scatter from piece to piece and from seed to seed.
func textsOf(random *rand.Rand, seeds, pieces int, gain, byPiece, bySeed float64) Sides {
	difficulty, gains := make([]float64, pieces), make([]float64, pieces)
	for i := range pieces {
		difficulty[i], gains[i] = 6.8+0.5*random.NormFloat64(), gain+byPiece*random.NormFloat64()
	}
	var drawn Sides
	for range seeds {
		offset := bySeed * random.NormFloat64()
		baseline, champion := Measured{Blocks: make([]float32, pieces)}, Measured{Blocks: make([]float32, pieces)}
		for i := range pieces {
			b, c := difficulty[i], difficulty[i]+gains[i]+offset
			baseline.Blocks[i], champion.Blocks[i] = float32(b), float32(c)
			baseline.Log += b / float64(pieces)
			champion.Log += c / float64(pieces)
		}
		drawn.Baseline, drawn.Champion = append(drawn.Baseline, baseline), append(drawn.Champion, champion)
	}
	return drawn
}

// An honest recipe gains what it gains on the language, and texts are samples of it:
// the two disagree by chance alone, in no more than one of forty runs. The scatter is
// what two of nano's recipes have.
func TestHonestGainsRarelyDisagree(t *testing.T) {
	const runs = 4000
	random := rand.New(rand.NewPCG(5, 6))
	for _, recipe := range []struct{ gain, byPiece, bySeed float64 }{{-1.27, 0.22, 0.01}, {-3.4, 0.27, 0.05}, {-0.02, 0.01, 0.01}} {
		disagree := 0
		for range runs {
			seen := textsOf(random, 3, 24, recipe.gain, recipe.byPiece, recipe.bySeed)
			unseen := textsOf(random, 3, 24, recipe.gain, recipe.byPiece, recipe.bySeed)
			if GapOf(seen, unseen).Disagrees {
				disagree++
			}
		}
		t.Logf("%+v: %.2f %%", recipe, 100*float64(disagree)/runs)
		if share := float64(disagree) / runs; share > 0.028 {
			t.Errorf("%+v: the texts disagree in %.2f %% of honest runs, want 2.5 %% or less", recipe, 100*share)
		}
	}
}

// What was learned of one text alone is found: the share of runs in which it is.
func TestLearnedTextIsFound(t *testing.T) {
	const runs = 1000
	random := rand.New(rand.NewPCG(7, 8))
	for _, test := range []struct{ seen, unseen, least float64 }{
		{math.Log(0.29), math.Log(0.6), 0.99},  // -71 % and -40 %
		{math.Log(0.29), math.Log(1.0), 1},     // all of it by heart
		{math.Log(0.29), math.Log(0.37), 0.85}, // -71 % and -63 %
	} {
		found := 0
		for range runs {
			gap := GapOf(textsOf(random, 3, 24, test.seen, 0.22, 0.01), textsOf(random, 3, 24, test.unseen, 0.22, 0.01))
			if gap.Disagrees {
				found++
			}
		}
		t.Logf("%+v: found in %.1f %%", test, 100*float64(found)/runs)
		if share := float64(found) / runs; share < test.least {
			t.Errorf("%+v: found in %.1f %% of runs", test, 100*share)
		}
	}
}

func TestGapOf(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	draw := func(gain, byPiece float64) Sides { return textsOf(random, 3, 24, gain, byPiece, 0) }
	without := func(s Sides) Sides {
		s.Champion = slices.Clone(s.Champion)
		s.Champion[1].Blocks = nil
		return s
	}
	one := func(s Sides) Sides { return Sides{s.Baseline[:1], s.Champion[:1]} }
	tests := map[string]struct {
		seen, unseen Sides
		disagrees    bool
		hasInterval  bool
	}{
		"more on the unseen text":         {draw(-1, 0.1), draw(-2, 0.1), false, true},
		"half of it, to the last digit":   {draw(-1, 0), draw(-0.5, 0), true, true},
		"a twentieth less, without noise": {draw(-1, 0), draw(-0.95, 0), false, true},
		"pieces of one training unknown":  {without(draw(-1, 0.1)), draw(-0.1, 0.1), false, false},
		"pieces of the other unknown":     {draw(-1, 0.1), without(draw(-0.1, 0.1)), false, false},
		"one seed":                        {one(draw(-1, 0.1)), one(draw(-0.1, 0.1)), false, false},
		"one piece":                       {textsOf(random, 3, 1, -1, 0, 0), draw(-0.1, 0.1), false, false},
		"no pieces":                       {textsOf(random, 3, 0, -1, 0, 0), draw(-0.1, 0.1), false, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			gap := GapOf(test.seen, test.unseen)
			if gap.Disagrees != test.disagrees || gap.Low.Valid() != test.hasInterval {
				t.Errorf("the gap is %+v, want disagrees %v, an interval %v", gap, test.disagrees, test.hasInterval)
			}
			if gap.Low.Valid() && !(gap.Low <= gap.Gap && gap.Gap <= gap.High) {
				t.Errorf("the interval doesn't hold the gap: %+v", gap)
			}
		})
	}
}
