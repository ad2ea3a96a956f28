package main

import (
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/ternlab/ternlab/results/verdict"
)

const experiments = 50

// study is how much is played.
type study struct {
	runs int
	like string // a part of the noises' names
	out  io.Writer
}

func main() {
	runs := flag.Int("runs", 10_000, "runs of each kind")
	like := flag.String("noise", "", "only noises whose name contains this")
	only := flag.String("only", "", "tables to print, comma-separated: nothing, power, search, less-code, ratchet, skew; all without")
	flag.Parse()
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', tabwriter.Debug)
	s := study{*runs, *like, out}
	tables := []struct {
		name  string
		print func()
	}{
		{"nothing", s.printNothing},
		{"power", s.printPower},
		{"search", s.printSearch},
		{"less-code", s.printLessCode},
		{"ratchet", s.printRatchet},
		{"skew", s.printSkew},
	}
	for _, table := range tables {
		if *only == "" || slices.Contains(strings.Split(*only, ","), table.name) {
			table.print()
			_, _ = fmt.Fprintln(out)
			_ = out.Flush()
		}
	}
}

// noises are levels of noise as nano has them (docs/judge.md says where), and
// others that the rule's assumptions don't hold for.
func noises() []noise {
	two := noise{name: "5 %, differences 2 %", shared: 0.0480, own: 0.01414}
	but := func(name string, alter func(*noise)) noise {
		n := two
		n.name = name
		alter(&n)
		return n
	}
	return []noise{
		{name: "1 %, differences 0.3 %", shared: 0.0098, own: 0.0021},
		two,
		{name: "5 % alone", own: 0.05},
		but("2 %, recipes uneven by e^0.35z", func(n *noise) { n.uneven = 0.35 }),
		but("2 %, recipes uneven by e^0.6z", func(n *noise) { n.uneven = 0.6 }),
		but("2 %, heavy tails (t, 4 df)", func(n *noise) { n.tails = true }),
		but("2 %, skewed (exponential)", func(n *noise) { n.skewed = true }),
		but("2 %, candidates 3 times as noisy", func(n *noise) { n.noisier = 3 }),
		but("2 %, champion 3 times as noisy", func(n *noise) { n.noisier = 1. / 3 }), // what candidates have in common is its luck
		but("2 %, uneven, heavy tails, noisier", func(n *noise) { n.uneven, n.tails, n.noisier = 0.35, true, 1.5 }),
	}
}

// noises are those that were asked for.
func (s study) noises() []noise {
	return slices.DeleteFunc(noises(), func(n noise) bool { return !strings.Contains(n.name, s.like) })
}

func rules() []verdict.Rule {
	sequential := verdict.Rule{Name: verdict.RuleSequential, MaxSeeds: 8, MinEffect: 0.001, Alpha: 0.05}
	five, twelve := sequential, sequential
	five.MaxSeeds, twelve.MaxSeeds = 5, 12
	return []verdict.Rule{sequential, five, twelve, {Name: verdict.RuleBrief, MaxSeeds: 1}}
}

func ruleName(r verdict.Rule) string {
	if r.Sequential() {
		return fmt.Sprintf("%s, at most %d seeds", r.Name, r.MaxSeeds)
	}
	return r.Name
}

func (s study) print(format string, values ...any) { _, _ = fmt.Fprintf(s.out, format, values...) }

func (s study) printNothing() {
	s.print("%d runs of %d experiments that change nothing\n", s.runs, experiments)
	s.print("noise\trule\truns with a false keep\tfalse keeps a run\ttrainings an experiment\tpromising\n")
	for _, n := range s.noises() {
		for _, rule := range rules() {
			any, keeps, trained, promising := s.nothing(n, rule)
			s.print("%s\t%s\t%.2f %%\t%.3f\t%.2f\t%.3f\n", n.name, ruleName(rule), 100*any, keeps, trained/experiments, promising)
		}
	}
}

// nothing is what runs without any effect came to, on average.
func (s study) nothing(n noise, rule verdict.Rule) (anyKeep, keeps, trained, promising float64) {
	mean := s.mean(func(i int) []float64 {
		w := newWorld(random(i), n, rule)
		kept, promised := 0., 0.
		for number := 1; number <= experiments; number++ {
			switch w.experiment(number, change{}) {
			case verdict.ActionKeep:
				kept++
			case verdict.ActionPromise:
				promised++
			}
		}
		return []float64{min(kept, 1), kept, float64(w.trained), promised}
	})
	return mean[0], mean[1], mean[2], mean[3]
}

func (s study) printPower() {
	gains := []float64{0.005, 0.01, 0.02, 0.03, 0.05, 0.10}
	s.print("noise\trule")
	for _, gain := range gains {
		s.print("\tkept: %.1f %% better", 100*gain)
	}
	s.print("\n")
	for _, n := range s.noises() {
		for _, rule := range rules() {
			s.print("%s\t%s", n.name, ruleName(rule))
			for _, gain := range gains {
				s.print("\t%.1f %%", 100*s.share(n, rule, change{effect: math.Log1p(-gain)}, verdict.ActionKeep))
			}
			s.print("\n")
		}
	}
}

// share is how often a change comes to an action, as experiment 11 after ten that
// changed nothing.
func (s study) share(n noise, rule verdict.Rule, c change, action verdict.Action) float64 {
	return s.mean(func(i int) []float64 {
		w := newWorld(random(i), n, rule)
		for number := 1; number <= 10; number++ {
			w.experiment(number, change{})
		}
		if w.experiment(11, c) == action {
			return []float64{1}
		}
		return []float64{0}
	})[0]
}

func (s study) printSearch() {
	s.print("a search: of its candidates 60 %% are worse by 3 times the differences' noise times |z|, 20 %% equal, 20 %% better by 1.5 times that\n")
	s.print("noise\trule\ttrue keeps\tfalse keeps\tpromising\ttrainings\ttrue gain\n")
	for _, n := range s.noises() {
		for _, rule := range rules() {
			mean := s.mean(func(i int) []float64 { return search(random(i), n, rule) })
			s.print("%s\t%s\t%.2f\t%.3f\t%.2f\t%.0f\t%+.1f %%\n", n.name, ruleName(rule), mean[0], mean[1], mean[2], mean[3], 100*math.Expm1(mean[4]))
		}
	}
}

func search(r *rand.Rand, n noise, rule verdict.Rule) []float64 {
	w := newWorld(r, n, rule)
	draws := rand.New(rand.NewPCG(r.Uint64(), 4)) //nolint:gosec // a simulation
	var good, bad, promising float64
	for number := 1; number <= experiments; number++ {
		effect, z := 0., math.Sqrt2*n.own*math.Abs(draws.NormFloat64())
		switch u := draws.Float64(); {
		case u < 0.6:
			effect = 3 * z
		case u > 0.8:
			effect = -1.5 * z
		}
		switch action := w.experiment(number, change{effect: effect}); {
		case action == verdict.ActionKeep && effect < 0:
			good++
		case action == verdict.ActionKeep:
			bad++
		case action == verdict.ActionPromise:
			promising++
		}
	}
	return []float64{good, bad, promising, float64(w.trained), w.champion.mean()}
}

func (s study) printLessCode() {
	s.print("less code, noise\ttruly 0 %%: simplify\t1 %% worse: simplify\t2 %% worse: simplify\n")
	for _, n := range s.noises() {
		s.print("%s", n.name)
		for _, loss := range []float64{0, 0.01, 0.02} {
			s.print("\t%.1f %%", 100*s.share(n, rules()[0], change{effect: math.Log1p(loss), simpler: true}, verdict.ActionSimplify))
		}
		s.print("\n")
	}
}

// random is the source of simulation number i.
func random(i int) *rand.Rand { return rand.New(rand.NewPCG(uint64(i), 0x7465726e)) }

// mean plays all runs, on all processors, and averages what each comes to.
func (s study) mean(play func(i int) []float64) []float64 {
	results := make([][]float64, s.runs)
	var all sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		all.Go(func() {
			for i := worker; i < s.runs; i += workers {
				results[i] = play(i)
			}
		})
	}
	all.Wait()
	mean := make([]float64, len(results[0]))
	for _, result := range results {
		for j, value := range result {
			mean[j] += value / float64(s.runs)
		}
	}
	return mean
}
