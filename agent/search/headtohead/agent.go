package main

import (
	"context"
	"errors"
	"fmt"
	gofmt "go/format"
	"maps"
	"math"

	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/agent/search"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/results/verdict"
	"github.com/ternlab/ternlab/trainer/knobs"
	"github.com/ternlab/ternlab/workspace/edit"
)

// base is the recipe that all searches begin with.
type base struct {
	knobs  []knobs.Knob
	space  search.Space
	values map[string]string
}

func readBase(source string) (base, error) {
	all, err := knobs.Parse(source)
	if err != nil {
		return base{}, fmt.Errorf("read the recipe: %w", err)
	}
	return base{all, search.NewSpace(all), valuesOf(all)}, nil
}

func valuesOf(all []knobs.Knob) map[string]string {
	values := map[string]string{}
	for _, knob := range all {
		values[knob.Name] = knob.Value
	}
	return values
}

// active are the knobs of a recipe that do something.
func (b base) active(values map[string]string) map[string]string {
	active := map[string]string{}
	for i, knob := range b.knobs {
		if b.space.IsActive(values, i) {
			active[knob.Name] = values[knob.Name]
		}
	}
	return active
}

// agentSearch is a run of the agent without its loop.
type agentSearch struct {
	*searching
	base     base
	proposer proposer.Proposer
	run      journal.Run
	known    []journal.Experiment
	source   string // the champion's recipe
}

// calibrations is how often a run trains its baseline on fresh seeds with its first
// contender, as the loop does.
const calibrations = 3

func (s *searching) searchAsAgent(ctx context.Context, source string, b base) error {
	who, err := proposer.New(s.outcome.contestant.proposer, proposer.Options{})
	if err != nil {
		return err
	}
	a := &agentSearch{searching: s, base: b, proposer: who, source: source, run: journal.Run{Protocol: journal.Protocol{
		Steps: s.protocol.steps, Seed: s.outcome.seed,
		Rule: verdict.Rule{Name: s.outcome.contestant.rule, MaxSeeds: 5, MinEffect: 0.001, Alpha: 0.05},
	}}}
	champion := journal.Experiment{Status: journal.StatusKeep, Description: "baseline", Commit: "0"}
	if err := a.measure(ctx, &champion, source, 1); err != nil {
		return err
	}
	a.known = []journal.Experiment{champion}
	a.keep(champion, source)
	for {
		if err := a.experiment(ctx); err != nil {
			return err
		}
	}
}

// keep makes an experiment the champion.
func (a *agentSearch) keep(e journal.Experiment, source string) {
	a.source = source
	all, err := knobs.Parse(source)
	if err == nil { // it was parsed before
		a.crown(a.base.active(valuesOf(all)), float64(e.EvalPPL))
	}
}

// experiment proposes a change and measures it until the rule has decided.
func (a *agentSearch) experiment(ctx context.Context) error {
	best, _ := journal.Best(a.known)
	files := map[string]string{proposer.RecipeFile: a.source}
	proposal, err := a.proposer.Propose(ctx, proposer.Context{
		Files: files, Experiments: a.known, Steps: a.run.Steps, Seed: a.run.Seed, Number: len(a.known),
		Refused: func(context.Context) ([]string, error) { return []string{"GroupSize=256"}, nil }, // as nano's trainer says
	})
	if errors.Is(err, proposer.ErrExhausted) {
		return errDone
	}
	if err != nil {
		return err
	}
	changed, err := edit.Apply(files, proposal.Edits)
	if err != nil {
		return err
	}
	formatted, err := gofmt.Source([]byte(changed[proposer.RecipeFile]))
	if err != nil {
		return err
	}
	changed = map[string]string{proposer.RecipeFile: string(formatted)}
	e := journal.Experiment{
		Number: len(a.known), Status: journal.StatusRunning, Description: proposal.Description, Hypothesis: proposal.Hypothesis,
		Proposer: a.proposer.Name(), Diff: edit.UnifiedDiff(files, changed), ParentEvalPPL: best.EvalPPL, ParentCommit: best.Commit,
		Commit: fmt.Sprint(len(a.known)), EvalPPL: table.Missing(), Change: table.Missing(), Low: table.Missing(), High: table.Missing(),
	}
	a.known = append(a.known, e)
	if err := a.judge(ctx, best.Number, changed[proposer.RecipeFile]); err != nil {
		return err
	}
	if decided := a.known[len(a.known)-1]; decided.Status.Kept() {
		a.keep(decided, changed[proposer.RecipeFile])
	}
	return nil
}

// judge measures the last experiment on seed after seed until its rule has decided.
func (a *agentSearch) judge(ctx context.Context, champion int, source string) error {
	e := &a.known[len(a.known)-1]
	for k := 1; ; k++ {
		if err := a.measure(ctx, e, source, k); err != nil {
			return err
		}
		if e.Failure != nil {
			e.Status = journal.StatusCrash
			return nil
		}
		judged, decided, err := a.look(ctx, champion, k)
		if err != nil {
			return err
		}
		if decided {
			e.Status, e.Reason, e.Change, e.Low, e.High = judged.Status, judged.Reason, judged.Change, judged.Low, judged.High
			e.Seeds = journal.PairedSeeds(a.run, k)
			return nil
		}
	}
}

// look is what the loop does after a seed.
func (a *agentSearch) look(ctx context.Context, champion, k int) (journal.Judged, bool, error) {
	e := &a.known[len(a.known)-1]
	seeds := journal.PairedSeeds(a.run, k)
	if !a.run.Rule.Sequential() {
		mine, _ := e.Trial(seeds[0])
		rival, _ := a.known[champion].Trial(seeds[0])
		return journal.OfBrief(verdict.Decide(verdict.Outcome{Seeds: seeds, EvalPPL: rival.EvalPPL}, verdict.Outcome{Seeds: seeds, EvalPPL: mine.EvalPPL})), true, nil
	}
	if k > 1 {
		if err := a.measureChampion(ctx, champion, k); err != nil {
			return journal.Judged{}, false, err
		}
	}
	look := a.run.Rule.Look(journal.Compare(a.run, a.known, a.known[champion], *e, k))
	if look.Action == verdict.ActionMore {
		e.Looks, e.Clear, e.Equal = k, look.Clear, look.Equal
		return journal.Judged{}, false, nil
	}
	judged, err := journal.OfLook(look, seeds)
	return judged, true, err
}

// measureChampion measures the champion on the seed of a look, if the rule needs it, and
// before the first time the noise.
func (a *agentSearch) measureChampion(ctx context.Context, champion, k int) error {
	for i := 1; i <= calibrations; i++ {
		if err := a.measureOn(ctx, &a.known[0], a.base.active(a.base.values), journal.FreshSeed(a.run, i)); err != nil {
			return err
		}
	}
	if !a.run.Rule.NeedsChampion(journal.Compare(a.run, a.known, a.known[champion], a.known[len(a.known)-1], k-1)) {
		return nil
	}
	return a.measureOn(ctx, &a.known[champion], a.champion.champion, journal.PairedSeed(a.run, k))
}

func (a *agentSearch) measure(ctx context.Context, e *journal.Experiment, source string, k int) error {
	all, err := knobs.Parse(source)
	if err != nil {
		return err
	}
	if err := a.measureOn(ctx, e, a.base.active(valuesOf(all)), journal.PairedSeed(a.run, k)); err != nil {
		return err
	}
	if k == 1 && len(e.Trials) > 0 {
		e.EvalPPL = e.Trials[0].EvalPPL
	}
	return nil
}

// measureOn trains an experiment's recipe on a seed, unless it was.
func (a *agentSearch) measureOn(ctx context.Context, e *journal.Experiment, recipe map[string]string, seed uint64) error {
	if e.HasMeasured(seed) {
		return nil
	}
	measured, err := a.train(ctx, maps.Clone(recipe), seed)
	if err != nil {
		return err
	}
	if measured.failed() || math.IsInf(measured.EvalPPL, 0) {
		e.Failure = &journal.Failure{Class: journal.FailureTrainFailed, Message: measured.Failure}
		return nil
	}
	e.Trials = append(e.Trials, journal.Trial{Seed: seed, EvalPPL: table.Measure(measured.EvalPPL)})
	return nil
}
