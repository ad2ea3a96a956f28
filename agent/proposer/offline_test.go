package proposer

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	gofmt "go/format"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/knobs"
	"github.com/ternlab/ternlab/workspace/edit"
)

//go:embed testdata/recipe.go
var recipe string

// objective gives a recipe's log eval_ppl by its knobs' values; NaN: it fails.
type objective func(values map[string]string) float64

// hunt is a loop with an instant trainer: it keeps what measures lower.
type hunt struct {
	t           *testing.T
	proposer    Proposer
	objective   objective
	noise       *rand.Rand
	recipe      string
	best        float64 // The champion's measured log eval_ppl.
	experiments []journal.Experiment
	refused     []string
	seed        uint64
}

func newSearch(t *testing.T, name, source string, seed uint64, f objective) *hunt {
	t.Helper()
	p, err := New(name, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &hunt{t: t, proposer: p, objective: f, recipe: source, seed: seed, noise: rand.New(rand.NewPCG(seed, 1))}
	s.best = s.measure(source)
	s.experiments = []journal.Experiment{{Status: journal.StatusKeep, EvalPPL: table.Measure(math.Exp(s.best)), Description: "baseline"}}
	return s
}

func (s *hunt) measure(source string) float64 {
	return s.objective(valuesOf(s.t, source)) + 0.01*s.noise.NormFloat64()
}

func (s *hunt) propose() (Proposal, error) {
	return s.proposer.Propose(s.t.Context(), Context{
		Files: map[string]string{RecipeFile: s.recipe}, Experiments: s.experiments,
		Steps: 100, Seed: s.seed, Number: len(s.experiments),
		Refused: func(context.Context) ([]string, error) { return s.refused, nil },
	})
}

// step runs one experiment and returns the recipe that it tried.
func (s *hunt) step() (string, Proposal, error) {
	s.t.Helper()
	p, err := s.propose()
	if err != nil {
		return "", p, err
	}
	files := map[string]string{RecipeFile: s.recipe}
	changed, err := edit.Apply(files, p.Edits)
	if err != nil {
		s.t.Fatal(err)
	}
	formatted, err := gofmt.Source([]byte(changed[RecipeFile]))
	if err != nil {
		s.t.Fatal(err)
	}
	changed[RecipeFile] = string(formatted)
	e := journal.Experiment{
		Number: len(s.experiments), Status: journal.StatusDiscard, Description: p.Description, Diff: edit.UnifiedDiff(files, changed),
		ParentEvalPPL: table.Measure(math.Exp(s.best)),
	}
	loss := s.measure(changed[RecipeFile])
	e.EvalPPL = table.Measure(math.Exp(loss))
	if math.IsNaN(loss) {
		e.Status, e.Failure = journal.StatusCrash, &journal.Failure{Class: journal.FailureDiverged}
	} else if loss < s.best {
		e.Status, s.best, s.recipe = journal.StatusKeep, loss, changed[RecipeFile]
	}
	s.experiments = append(s.experiments, e)
	return changed[RecipeFile], p, nil
}

func valuesOf(t *testing.T, source string) map[string]string {
	t.Helper()
	all, err := knobs.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, knob := range all {
		if err := knob.Check(knob.Value); err != nil {
			t.Error(err)
		}
		values[knob.Name] = knob.Value
	}
	return values
}

// synthetic resembles fine-tuning a ternary model: a few knobs matter much, some
// little, two of them together; too fast a learning rate without warmup fails.
func synthetic(values map[string]string) float64 {
	number := func(name string) float64 {
		x, err := strconv.ParseFloat(values[name], 64)
		if err != nil {
			panic(err)
		}
		return x
	}
	square := func(x float64) float64 { return x * x }
	rate := math.Log10(number("LearningRate"))
	if rate > -2.7 && number("LRWarmupSteps") < 100 {
		return math.NaN()
	}
	loss := 5 + 0.15*square(rate+3.4) + 0.1*square(math.Log10(number("LambdaSteps")+10)-2)
	loss += map[string]float64{"linear": 0, "cosine": -0.02, "exponential": 0.02, "step": 0.05}[values["LambdaSchedule"]]
	loss += map[string]float64{"absmean": 0, "absmax": 0.2}[values["WeightScale"]]
	loss += map[string]float64{"false": 0, "true": -0.02}[values["DeadZoneRecovery"]]
	loss += 1.5*square(number("DeadZone")-0.6) + 0.03*math.Log2(number("GroupSize")/64) + 0.2*number("WeightDecay")
	loss += 0.03 * math.Log10(number("LRWarmupSteps")+5) * (1 + max(0, -rate-3))
	return loss - 0.02*math.Log2(number("BatchSize")) - 0.03*math.Log2(number("SequenceLength"))
}

func TestOfflineChangesOneKnobWithinItsDomainAndNeverRepeats(t *testing.T) {
	for _, name := range []string{Random, TPE} {
		t.Run(name, func(t *testing.T) {
			s := newSearch(t, name, recipe, 3, synthetic)
			tried := map[string]bool{fmt.Sprint(valuesOf(t, recipe)): true}
			for range 60 {
				before := valuesOf(t, s.recipe)
				source, p, err := s.step()
				if err != nil {
					t.Fatal(err)
				}
				after, changed := valuesOf(t, source), []string{}
				for knob := range before {
					if before[knob] != after[knob] {
						changed = append(changed, knobs.Knob{Name: knob}.Title()+" "+before[knob]+" → "+after[knob])
					}
				}
				if len(changed) != 1 || changed[0] != p.Description {
					t.Fatalf("changed %q, said %q", changed, p.Description)
				}
				if !strings.HasSuffix(p.Hypothesis, ".") || len(p.Hypothesis) < 40 || len(p.Edits) != 1 {
					t.Errorf("%+v", p)
				}
				if key := fmt.Sprint(after); tried[key] {
					t.Fatalf("%s was tried before", p.Description)
				} else {
					tried[key] = true
				}
			}
		})
	}
}

func TestOfflineProposalsFollowFromSeedAndExperiments(t *testing.T) {
	for _, name := range []string{Random, TPE, GP} {
		t.Run(name, func(t *testing.T) {
			descriptions := func(seed uint64) []string {
				s, told := newSearch(t, name, recipe, seed, synthetic), []string{}
				for range 25 {
					// A process that starts anew each time, as after an interruption.
					anew, err := New(name, Options{})
					if err != nil {
						t.Fatal(err)
					}
					s.proposer = anew
					first, err := s.propose()
					if err != nil {
						t.Fatal(err)
					}
					// The experiment at hand was started before, and broken off.
					s.experiments = append(s.experiments, journal.Experiment{Number: len(s.experiments), Status: journal.StatusRunning, Diff: "-\n+"})
					c := Context{Files: map[string]string{RecipeFile: s.recipe}, Experiments: s.experiments, Seed: seed, Number: len(s.experiments) - 1}
					again, err := s.proposer.Propose(t.Context(), c)
					if diff := cmp.Diff(first, again); diff != "" || err != nil {
						t.Fatal(err, diff)
					}
					s.experiments = s.experiments[:len(s.experiments)-1]
					_, p, err := s.step()
					if err != nil {
						t.Fatal(err)
					}
					told = append(told, p.Description+": "+p.Hypothesis)
				}
				return told
			}
			if diff := cmp.Diff(descriptions(1), descriptions(1)); diff != "" {
				t.Error(diff)
			}
			if cmp.Equal(descriptions(1), descriptions(2)) {
				t.Error("another seed gave the same proposals")
			}
		})
	}
}

func TestOfflineLeavesOutWhatWouldDoNothing(t *testing.T) {
	source := strings.Replace(tiny, "{1, 2, 3}", "{1, 2, 3} if B is y. Number.", 1)
	for _, name := range []string{Random, TPE} {
		s := newSearch(t, name, source, 1, func(map[string]string) float64 { return 1 })
		if _, p, err := s.step(); err != nil || p.Description != "b x → y" {
			t.Errorf("%s proposed %q, %v", name, p.Description, err)
		}
	}
}

// What would be refused comes last, and never ends the search.
func TestOfflineTriesLastWhatWouldBeRefused(t *testing.T) {
	for _, name := range []string{Random, TPE, GP} {
		s := newSearch(t, name, tiny, 1, func(values map[string]string) float64 {
			if values["A"] == "1" && values["B"] == "x" {
				return 1
			}
			return 2
		})
		s.refused = []string{"A=2", "B=y", "C=1", "=", "A=2=3", "\x1b"}
		if _, p, err := s.step(); err != nil || p.Description != "a 1 → 3" {
			t.Errorf("%s proposed %q, %v", name, p.Description, err)
		}
		s.refused = []string{"A=1", "A=2", "A=3", "B=x", "B=y"} // everything
		for range 2 {
			if _, _, err := s.step(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, _, err := s.step(); !errors.Is(err, ErrExhausted) {
			t.Errorf("%s, after all three changes: %v", name, err)
		}
	}
}

func TestOfflineEndsWithTheContext(t *testing.T) {
	for _, name := range []string{Random, TPE, GP} {
		p, err := New(name, Options{})
		if err != nil {
			t.Fatal(err)
		}
		c := Context{
			Files: map[string]string{RecipeFile: tiny}, Number: 1,
			Refused: func(context.Context) ([]string, error) { return nil, context.Canceled },
		}
		if _, err := p.Propose(t.Context(), c); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

const tiny = "package main\n\nfunc NewRecipe() Recipe {\n\treturn Recipe{\n\t\tA: 1,   // {1, 2, 3}\n\t\tB: \"x\", // {x, y}\n\t}\n}\n"

func TestOfflineEndsWhenAllIsTried(t *testing.T) {
	for _, name := range []string{Random, TPE} {
		t.Run(name, func(t *testing.T) {
			s := newSearch(t, name, tiny, 1, func(values map[string]string) float64 {
				if values["A"] == "1" && values["B"] == "x" {
					return 1
				}
				return 2
			})
			for range 3 {
				if _, _, err := s.step(); err != nil {
					t.Fatal(err)
				}
			}
			if _, _, err := s.step(); !errors.Is(err, ErrExhausted) {
				t.Errorf("after all three changes: %v", err)
			}
		})
	}
}

func TestOfflineErrors(t *testing.T) {
	for _, name := range []string{Random, TPE, GP} {
		t.Run(name, func(t *testing.T) {
			p, err := New(name, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if p.Name() != name {
				t.Error(p.Name())
			}
			if _, err := p.Propose(t.Context(), Context{}); err == nil || !strings.Contains(err.Error(), RecipeFile) {
				t.Error(err)
			}
			broken := map[string]string{RecipeFile: strings.Replace(tiny, "{1, 2, 3}", "{1, 2, 3", 1)}
			if _, err := p.Propose(t.Context(), Context{Files: broken}); err == nil || !strings.Contains(err.Error(), "recipe.go: parse the recipe, line 5: A: ") {
				t.Error(err)
			}
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := p.Propose(ended, Context{Files: map[string]string{RecipeFile: tiny}}); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
}

// TestTPEBeatsRandom compares the true loss of the recipe found: a fixed set of
// seeds, so the figures are the same each time.
func TestTPEBeatsRandom(t *testing.T) {
	const repeats, proposals = 20, 40
	mean := func(name string) float64 {
		sum := 0.0
		for seed := range uint64(repeats) {
			s := newSearch(t, name, recipe, seed, synthetic)
			for range proposals {
				if _, _, err := s.step(); err != nil {
					t.Fatal(err)
				}
			}
			sum += synthetic(valuesOf(t, s.recipe))
		}
		return sum / repeats
	}
	start, random, tpe := synthetic(valuesOf(t, recipe)), mean(Random), mean(TPE)
	t.Logf("log eval_ppl: baseline %.3f, random %.4f, tpe %.4f", start, random, tpe)
	if random > start-0.2 || tpe > random-0.03 {
		t.Errorf("log eval_ppl: baseline %.3f, random %.4f, tpe %.4f", start, random, tpe)
	}
}
