package verdict

import (
	"math"
	"testing"

	"github.com/ternlab/ternlab/results/table"
)

func TestDecide(t *testing.T) {
	seeds := []uint64{1, 2}
	champion := Outcome{Seeds: seeds, EvalPPL: 131.2}
	for name, test := range map[string]struct {
		champion, candidate Outcome
		keep                bool
		reason              string
	}{
		"lower":            {champion, Outcome{seeds, 127.95}, true, "eval_ppl 127.95 is lower than the champion's 131.20 (-2.48 %)"},
		"higher":           {champion, Outcome{seeds, 200}, false, "eval_ppl 200.00 is higher than the champion's 131.20 (+52.44 %)"},
		"equal":            {champion, Outcome{seeds, 131.2}, false, "eval_ppl 131.20 equals the champion's"},
		"lower by a hair":  {champion, Outcome{seeds, 131.1996}, true, "eval_ppl 131.1996 is lower than the champion's 131.2000 (-0.00 %)"},
		"missing":          {champion, Outcome{seeds, table.Missing()}, false, "eval_ppl is missing"},
		"infinite":         {champion, Outcome{seeds, table.Measure(math.Inf(-1))}, false, "eval_ppl is missing"},
		"zero":             {champion, Outcome{seeds, 0}, false, "eval_ppl 0 is below 1, which no perplexity is"},
		"negative":         {champion, Outcome{seeds, -3}, false, "eval_ppl -3 is below 1, which no perplexity is"},
		"no champion":      {Outcome{seeds, table.Missing()}, Outcome{seeds, 100}, false, "the champion's eval_ppl is missing"},
		"both missing":     {Outcome{seeds, table.Missing()}, Outcome{seeds, table.Missing()}, false, "eval_ppl is missing"},
		"another seed":     {champion, Outcome{[]uint64{1, 3}, 100}, false, "seeds [1 3] differ from the champion's [1 2]"},
		"a seed too few":   {champion, Outcome{[]uint64{1}, 100}, false, "seeds [1] differ from the champion's [1 2]"},
		"the least of all": {champion, Outcome{seeds, 1}, true, "eval_ppl 1.00 is lower than the champion's 131.20 (-99.24 %)"},
	} {
		t.Run(name, func(t *testing.T) {
			got := Decide(test.champion, test.candidate)
			if got.Keep != test.keep || got.Reason != test.reason {
				t.Errorf("got %v %q, want %v %q", got.Keep, got.Reason, test.keep, test.reason)
			}
		})
	}
}

func TestDecideShowsADifference(t *testing.T) {
	champion := table.Measure(131.2)
	for step := table.Measure(1); champion-step < champion; step /= 3 {
		a, b := distinctFigures(champion, champion-step)
		if a == b {
			t.Fatalf("a difference of %v shows as %s and %s", float64(step), a, b)
		}
	}
}
