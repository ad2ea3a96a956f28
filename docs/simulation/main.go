package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"text/tabwriter"

	"github.com/ternlab/ternlab/results/verdict"
)

const (
	runs        = 10_000
	experiments = 50
)

func main() {
	if err := printTables(); err != nil {
		fmt.Fprintln(os.Stderr, "simulation:", err)
		os.Exit(1)
	}
}

// noises are levels of noise as nano has them (docs/judge.md says where), and
// two that the rule's assumptions don't hold for.
func noises() []noise {
	return []noise{
		{name: "1 % alone", own: 0.01},
		{name: "1 %, differences 0.3 %", shared: 0.0098, own: 0.0021},
		{name: "5 % alone", own: 0.05},
		{name: "5 %, differences 2 %", shared: 0.048, own: 0.0141},
		{name: "5 % alone, by recipe 3 to 8 %", own: 0.05, uneven: 0.5},
	}
}

func rules() []verdict.Rule {
	sequential := verdict.Rule{Name: verdict.RuleSequential, MaxSeeds: 5, MinEffect: 0.001, Alpha: 0.05}
	ten := sequential
	ten.MaxSeeds = 10
	return []verdict.Rule{sequential, ten, {Name: verdict.RuleBrief, MaxSeeds: 1}}
}

func ruleName(r verdict.Rule) string {
	if r.Sequential() {
		return fmt.Sprintf("%s, at most %d seeds", r.Name, r.MaxSeeds)
	}
	return r.Name
}

func printTables() error {
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', tabwriter.Debug)
	for _, table := range []func(io.Writer){printNothing, printPower, printLessCode, printRatchet, printSkew} {
		table(out)
		_, _ = fmt.Fprintln(out)
	}
	return out.Flush()
}

func printNothing(out io.Writer) {
	_, _ = fmt.Fprintf(out, "%d runs of %d experiments that change nothing\n", runs, experiments)
	_, _ = fmt.Fprintln(out, "noise\trule\truns with a false keep\tfalse keeps a run\ttrainings an experiment\tdrift of the champion")
	for _, n := range noises() {
		for _, rule := range rules() {
			s := simulateNothing(n, rule)
			_, _ = fmt.Fprintf(out, "%s\t%s\t%.2f %%\t%.3f\t%.2f\t%+.2f %%\n", n.name, ruleName(rule), 100*s.anyKeep, s.keeps, s.trainings, 100*math.Expm1(s.drift))
		}
	}
}

func printPower(out io.Writer) {
	_, _ = fmt.Fprintln(out, "noise\trule\tkept: 0.5 % better\t1 % better\t2 % better\t5 % better\t10 % better")
	for _, n := range noises() {
		for _, rule := range rules() {
			_, _ = fmt.Fprintf(out, "%s\t%s", n.name, ruleName(rule))
			for _, gain := range []float64{0.005, 0.01, 0.02, 0.05, 0.10} {
				_, _ = fmt.Fprintf(out, "\t%.1f %%", 100*share(n, rule, change{effect: math.Log1p(-gain)}, verdict.ActionKeep))
			}
			_, _ = fmt.Fprintln(out)
		}
	}
}

func printLessCode(out io.Writer) {
	_, _ = fmt.Fprintln(out, "less code, noise\ttruly 0 %: simplify\t1 % worse: simplify\t2 % worse: simplify")
	for _, n := range noises() {
		_, _ = fmt.Fprintf(out, "%s", n.name)
		for _, loss := range []float64{0, 0.01, 0.02} {
			_, _ = fmt.Fprintf(out, "\t%.1f %%", 100*share(n, rules()[0], change{effect: math.Log1p(loss), simpler: true}, verdict.ActionSimplify))
		}
		_, _ = fmt.Fprintln(out)
	}
}

// random is the source of simulation number i.
func random(i int) *rand.Rand { return rand.New(rand.NewPCG(uint64(i), 0x7465726e)) }

// outcome is what runs without any effect came to, on average.
type outcome struct {
	anyKeep   float64 // Share of the runs that kept something.
	keeps     float64 // Keeps a run.
	trainings float64 // An experiment, the baseline's and its reruns included.
	drift     float64 // What the run believes to have gained, in log eval_ppl.
}

func simulateNothing(n noise, rule verdict.Rule) outcome {
	var o outcome
	for i := range runs {
		w := newWorld(random(i), n, rule)
		keeps := 0
		first := w.measure(w.champion, 1)[0]
		for number := 1; number <= experiments; number++ {
			if w.experiment(number, change{}) == verdict.ActionKeep {
				keeps++
			}
		}
		if keeps > 0 {
			o.anyKeep += 1. / runs
		}
		o.keeps += float64(keeps) / runs
		o.trainings += float64(w.trained) / experiments / runs
		o.drift += (w.champion.values[0] - first) / runs
	}
	return o
}

// share is how often a change comes to an action, as experiment 11 after ten that
// changed nothing.
func share(n noise, rule verdict.Rule, c change, action verdict.Action) float64 {
	count := 0
	for i := range runs {
		w := newWorld(random(i), n, rule)
		for number := 1; number <= 10; number++ {
			w.experiment(number, change{})
		}
		if w.experiment(11, c) == action {
			count++
		}
	}
	return float64(count) / runs
}
