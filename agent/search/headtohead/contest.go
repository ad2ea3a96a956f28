package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// allContestants are those of docs/search.md.
func allContestants() []string {
	var all []string
	for _, rule := range []string{"brief", "sequential"} {
		for _, proposer := range []string{"random", "tpe", "gp"} {
			all = append(all, rule+"/"+proposer+"/tokens")
		}
	}
	return append(all, "brief/gp/steps", "sequential/gp/steps", "optuna/random/steps", "optuna/tpe/steps", "optuna/mtpe/steps", "optuna/gp/steps")
}

// contestant is a way to search.
type contestant struct{ rule, proposer, equal string }

func parseContestant(text string) (contestant, error) {
	parts := strings.Split(text, "/")
	if len(parts) != 3 || !slices.Contains([]string{"brief", "sequential", "optuna"}, parts[0]) || !slices.Contains([]string{"tokens", "steps"}, parts[2]) {
		return contestant{}, fmt.Errorf("contestant %q: it looks like brief/gp/tokens or optuna/tpe/steps", text)
	}
	return contestant{parts[0], parts[1], parts[2]}, nil
}

func (c contestant) String() string {
	if c.rule == "optuna" {
		return "Optuna " + c.proposer
	}
	return fmt.Sprintf("agent %s, rule %s, equal %s", c.proposer, c.rule, c.equal)
}

// moment is what a search held for the best once so much was trained.
type moment struct {
	trainings, tokens int
	champion          map[string]string
	measured          float64 // eval_ppl on the search's own seed
}

// outcome is one search.
type outcome struct {
	contestant contestant
	seed       uint64
	moments    []moment // after each training
	fresh      map[string]float64
	problem    error // why it ended before its last mark
}

// searching is a search under way: it measures, and keeps count.
type searching struct {
	lab      *lab
	protocol trial // steps and tokens of each training
	until    int   // trainings
	outcome  *outcome
	champion moment
	used     int
	tokens   int
}

// errDone says that a search has had its trainings.
var errDone = errors.New("all trainings are done")

// train measures a recipe on a seed for the search.
func (s *searching) train(ctx context.Context, recipe map[string]string, seed uint64) (figure, error) {
	if s.used == s.until {
		return figure{}, errDone
	}
	t := s.protocol
	t.recipe, t.seed = recipe, seed
	measured, err := s.lab.measure(ctx, t)
	if err != nil {
		return figure{}, err
	}
	s.used++
	s.tokens += measured.Tokens
	s.note()
	return measured, nil
}

// note records what the search holds for the best now.
func (s *searching) note() {
	at := s.champion
	at.trainings, at.tokens = s.used, s.tokens
	if n := len(s.outcome.moments); n > 0 && s.outcome.moments[n-1].trainings == s.used {
		s.outcome.moments[n-1] = at
		return
	}
	s.outcome.moments = append(s.outcome.moments, at)
}

// crown makes a recipe the search's best from its last training on.
func (s *searching) crown(recipe map[string]string, evalPPL float64) {
	s.champion = moment{champion: recipe, measured: evalPPL}
	s.note()
}

// compete does all searches, and measures what they came to on fresh seeds.
func compete(ctx context.Context, o options, source string, lab *lab) ([]outcome, error) {
	base, err := readBase(source)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var outcomes []outcome
	group, ctx := errgroup.WithContext(ctx)
	for seed := 1; seed <= o.seeds; seed++ {
		for _, name := range o.contestants {
			c, err := parseContestant(name)
			if err != nil {
				return nil, err
			}
			group.Go(func() error {
				done := outcome{contestant: c, seed: uint64(seed), fresh: map[string]float64{}}
				s := &searching{lab: lab, protocol: protocolOf(o, c, base), until: slices.Max(o.marks), outcome: &done}
				err := s.search(ctx, o, source, base)
				if err == nil || errors.Is(err, errDone) || errors.Is(err, errTime) {
					done.problem = err
					err = s.measureFresh(ctx, o, base)
				}
				mu.Lock()
				defer mu.Unlock()
				outcomes = append(outcomes, done)
				if errors.Is(err, errTime) {
					return nil // the report says what there is
				}
				return err
			})
		}
	}
	err = group.Wait()
	return outcomes, err
}

// protocolOf is how each training of a contestant's is done.
func protocolOf(o options, c contestant, base base) trial {
	p := trial{steps: o.steps}
	if c.equal == "tokens" {
		p.tokens = o.steps * trial{recipe: base.active(base.values)}.batch()
	}
	return p
}

func (s *searching) search(ctx context.Context, o options, source string, base base) error {
	if s.outcome.contestant.rule == "optuna" {
		return s.searchAsPeer(ctx, o, base)
	}
	return s.searchAsAgent(ctx, source, base)
}

// freshSeeds are those on which the champions of all searches are measured.
const freshSeeds = 5

// measureFresh trains the champions at the marks on seeds that no search knows.
func (s *searching) measureFresh(ctx context.Context, o options, base base) error {
	group, ctx := errgroup.WithContext(ctx)
	var mu sync.Mutex
	for _, at := range s.marked(o, base) {
		t := s.protocol
		t.recipe = at.champion
		name := strings.Join(t.settings(), " ")
		if _, ok := s.outcome.fresh[name]; ok {
			continue
		}
		s.outcome.fresh[name] = 0
		group.Go(func() error {
			mean, err := meanOfFresh(ctx, s.lab, t)
			mu.Lock()
			defer mu.Unlock()
			s.outcome.fresh[name] = mean
			return err
		})
	}
	return group.Wait()
}

// marked are the moments that the report shows.
func (s *searching) marked(o options, base base) []moment {
	var found []moment
	for _, mark := range o.marks {
		if at, ok := s.outcome.afterTrainings(mark); ok {
			found = append(found, at)
		}
		if at, ok := s.outcome.afterTokens(mark * o.steps * trial{recipe: base.active(base.values)}.batch()); ok {
			found = append(found, at)
		}
	}
	return found
}

// afterTrainings is what the search held after so many trainings.
func (o outcome) afterTrainings(n int) (moment, bool) {
	for _, at := range o.moments {
		if at.trainings == n && at.champion != nil {
			return at, true
		}
	}
	return moment{}, false
}

// afterTokens is what the search held when it had used up to so many tokens, if it
// would have gone beyond them.
func (o outcome) afterTokens(n int) (moment, bool) {
	var last moment
	for _, at := range o.moments {
		if at.tokens > n {
			return last, last.champion != nil
		}
		last = at
	}
	return last, last.champion != nil && last.tokens == n
}
