package main

import (
	"fmt"
	"math"
	"slices"

	"github.com/ternlab/ternlab/results/verdict"
)

// printRatchet prints what runs come to whose every candidate takes code out and
// makes eval_ppl worse by the same.
func (s study) printRatchet() {
	s.print("runs of %d candidates with less code: noise\teach truly worse by\tkept\tchampion worse by\tworst of 20 runs\n", experiments)
	for _, n := range append([]noise{{name: "differences 0.05 %", shared: 0.0098, own: 0.00035}}, s.noises()...) {
		for _, loss := range []float64{0, 0.002, 0.005, 0.009, 0.02} {
			worse := make([]float64, s.runs)
			mean := s.mean(func(i int) []float64 {
				w := newWorld(random(i), n, rules()[0])
				kept := 0.
				for number := 1; number <= experiments; number++ {
					if w.experiment(number, change{effect: math.Log1p(loss), simpler: true}) == verdict.ActionSimplify {
						kept++
					}
				}
				worse[i] = w.champion.mean()
				return []float64{kept, worse[i]}
			})
			slices.Sort(worse)
			s.print("%s\t%.1f %%\t%.1f\t%+.2f %%\t%+.2f %%\n", n.name, 100*loss, mean[0], 100*math.Expm1(mean[1]), 100*math.Expm1(worse[s.runs*19/20]))
		}
	}
}

// skewed are changes that are better on most seeds and worse on some.
func skewed() []skew {
	return []skew{
		{"5 % better, on one seed of ten 100 % worse", change{effect: math.Log(0.95), seldom: math.Log(2), chance: 0.1}},
		{"5 % better, on one seed of five 30 % worse", change{effect: math.Log(0.95), seldom: math.Log(1.3), chance: 0.2}},
		{"1 % better or 1.2 % worse, even odds", change{effect: math.Log(0.99), seldom: math.Log(1.012), chance: 0.5}},
		{"20 % better, on one seed of ten 10 times as bad", change{effect: math.Log(0.8), seldom: math.Log(10), chance: 0.1}},
		{"60 % better, on one seed of ten 10 times as bad", change{effect: math.Log(0.4), seldom: math.Log(10), chance: 0.1}},
		{"60 % better, on one seed of three 10 times as bad", change{effect: math.Log(0.4), seldom: math.Log(10), chance: 1. / 3}},
	}
}

type skew struct {
	name string
	change
}

// printSkew prints how often they are kept: one of them after ten experiments that
// changed nothing, and any in a run of nothing else.
func (s study) printSkew() {
	s.print("candidate, differences 0.05 %%\trule\tmean\tno bad seed among five\tkept\truns of %d that keep any\n", experiments)
	n := noise{shared: 0.0098, own: 0.00035}
	for _, skew := range skewed() {
		for _, rule := range rules()[:3] {
			none := math.Pow(1-skew.chance, 5)
			s.print("%s\t%s\t%+.1f %%\t%.1f %%\t%.1f %%\t%.1f %%\n", skew.name, fmt.Sprint("at most ", rule.MaxSeeds), 100*math.Expm1(skew.mean()), 100*none,
				100*s.share(n, rule, skew.change, verdict.ActionKeep), 100*s.anyOf(n, rule, skew.change))
		}
	}
}

// anyOf is how many runs of nothing but this change keep one.
func (s study) anyOf(n noise, rule verdict.Rule, c change) float64 {
	return s.mean(func(i int) []float64 {
		w := newWorld(random(i), n, rule)
		for number := 1; number <= experiments; number++ {
			if w.experiment(number, c) == verdict.ActionKeep {
				return []float64{1}
			}
		}
		return []float64{0}
	})[0]
}
