package main

import (
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/ternlab/ternlab/results/verdict"
)

// printRatchet prints what runs come to whose every candidate takes code out and
// makes eval_ppl worse by the same, with and without the ledger.
func printRatchet(out io.Writer) {
	_, _ = fmt.Fprintf(out, "%d runs of %d candidates with less code\n", ratchets, experiments)
	_, _ = fmt.Fprintln(out, "noise\teach truly worse by\tbefore: kept, champion worse by\tnow: kept, champion worse by\tnow, worst of 20 runs")
	for _, n := range append([]noise{{name: "differences 0.05 %", shared: 0.0098, own: 0.00035}}, noises()...) {
		for _, loss := range []float64{0, 0.002, 0.005, 0.009, 0.02} {
			before, now := ratchet(n, loss, true), ratchet(n, loss, false)
			_, _ = fmt.Fprintf(out, "%s\t%.1f %%\t%.1f, %+.2f %%\t%.1f, %+.2f %%\t%+.2f %%\n", n.name, 100*loss, before.kept, 100*math.Expm1(before.worse),
				now.kept, 100*math.Expm1(now.worse), 100*math.Expm1(now.worst))
		}
	}
}

// ratchets is how many runs of them are played.
const ratchets = 1000

// ratcheted is what they came to: how many candidates were kept on average, and how
// much worse the champion truly is, on average and in one run of 20.
type ratcheted struct{ kept, worse, worst float64 }

func ratchet(n noise, loss float64, unguarded bool) ratcheted {
	var r ratcheted
	worse := make([]float64, ratchets)
	for i := range worse {
		w := newWorld(random(i), n, rules()[0])
		w.unguarded = unguarded
		for number := 1; number <= experiments; number++ {
			if w.experiment(number, change{effect: math.Log1p(loss), simpler: true}) == verdict.ActionSimplify {
				r.kept += 1. / ratchets
			}
		}
		worse[i] = w.champion.mean()
	}
	slices.Sort(worse)
	r.worse, r.worst = stat.Mean(worse, nil), worse[ratchets*19/20]
	return r
}

// skewed are changes that are better on most seeds and worse on average.
func skewed() []skew {
	return []skew{
		{"5 % better, on one seed of ten 100 % worse", change{effect: math.Log(0.95), seldom: math.Log(2), chance: 0.1}},
		{"5 % better, on one seed of five 30 % worse", change{effect: math.Log(0.95), seldom: math.Log(1.3), chance: 0.2}},
		{"1 % better or 1.2 % worse, even odds", change{effect: math.Log(0.99), seldom: math.Log(1.012), chance: 0.5}},
		{"20 % better, on one seed of ten 10 times as bad", change{effect: math.Log(0.8), seldom: math.Log(10), chance: 0.1}},
	}
}

type skew struct {
	name string
	change
}

// printSkew prints how often they are kept: one of them after ten experiments that
// changed nothing, and any in a run of nothing else.
func printSkew(out io.Writer) {
	_, _ = fmt.Fprintln(out, "candidate, differences 0.05 %\trule\tmean\tno bad seed among them\tkept before\tkept now\truns of 50 before\tnow")
	n := noise{shared: 0.0098, own: 0.00035}
	for _, s := range skewed() {
		for _, rule := range rules()[:2] {
			_, _ = fmt.Fprintf(out, "%s\t%s\t%+.1f %%\t%.1f %%\t%.1f %%\t%.1f %%\t%.1f %%\t%.1f %%\n", s.name, ruleName(rule), 100*math.Expm1(s.mean()),
				100*math.Pow(1-s.chance, float64(rule.MaxSeeds)), 100*s.kept(n, rule, 10, true), 100*s.kept(n, rule, 10, false),
				100*s.kept(n, rule, 0, true), 100*s.kept(n, rule, 0, false))
		}
	}
}

// kept is how often the change is kept after so many that change nothing; after none,
// how often any of 50 of its kind is.
func (s skew) kept(n noise, rule verdict.Rule, nothings int, unguarded bool) float64 {
	count := 0
	for i := range ratchets {
		w := newWorld(random(i), n, rule)
		w.unguarded = unguarded
		for number := 1; number <= nothings; number++ {
			w.experiment(number, change{})
		}
		last := nothings + 1
		if nothings == 0 {
			last = experiments
		}
		for number := nothings + 1; number <= last; number++ {
			if w.experiment(number, s.change) == verdict.ActionKeep {
				count++
				break
			}
		}
	}
	return float64(count) / ratchets
}
