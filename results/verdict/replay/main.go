// Command replay plays the race on trainings that were run to their end, and
// tells how often it would have stopped one that wins:
//
//	go run ./results/verdict/replay runs/*/journal.jsonl
//
// Make the journals with `agent run --racing=false`. Any two recipes of a journal
// that were trained to the end on the same seed are a champion and a candidate,
// both ways round. The noise band is measured on all the journals together.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/results/verdict"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: replay JOURNAL...")
		os.Exit(2)
	}
	if err := replay(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "replay:", err)
		os.Exit(1)
	}
}

// race is a training of a recipe that was run to its end.
type race struct {
	journal, experiment int
	journal.Trial
}

func replay(journals []string) error {
	var all []journal.Experiment
	var races []race
	steps := 0
	for i, path := range journals {
		records, err := journal.Read(path)
		if err != nil {
			return err
		}
		run, experiments, err := journal.Fold(records)
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		steps = run.Steps
		all = append(all, experiments...)
		races = append(races, complete(i, experiments)...)
	}
	if len(races) < 2 {
		return errors.New("no two trainings were run to their end with evaluations on the way")
	}
	count(races, journal.RaceBand(all)).print(steps)
	return nil
}

// complete lists the trainings with a whole curve and a figure at its end.
func complete(journal int, experiments []journal.Experiment) []race {
	var races []race
	for _, e := range experiments {
		for _, trial := range e.Trials {
			if trial.EvalPPL.Valid() && trial.StoppedAt == 0 && len(trial.Points) > 2 {
				races = append(races, race{journal, e.Number, trial})
			}
		}
	}
	return races
}

// tally is what the race would have done.
type tally struct {
	band                 verdict.Band
	winners, losers      int
	stopped              map[int]int // losers, by step
	winnersStopped       int
	stepsSaved, allSteps int
}

func count(races []race, band verdict.Band) tally {
	t := tally{band: band, stopped: map[int]int{}}
	for _, champion := range races {
		for _, candidate := range races {
			if candidate.journal != champion.journal || candidate.experiment == champion.experiment || candidate.Seed != champion.Seed {
				continue
			}
			t.add(champion, candidate)
		}
	}
	return t
}

func (t *tally) add(champion, candidate race) {
	last := candidate.Points[len(candidate.Points)-1].Step
	at := stoppedAt(t.band, champion.Points, candidate.Points)
	t.allSteps += last
	if at > 0 {
		t.stepsSaved += last - at
	}
	switch wins := candidate.EvalPPL < champion.EvalPPL; {
	case wins && at > 0:
		t.winners++
		t.winnersStopped++
	case wins:
		t.winners++
	default:
		t.losers++
		t.stopped[at]++
	}
}

// stoppedAt is the step at which the race stops the candidate, or 0.
func stoppedAt(band verdict.Band, champion, candidate []table.Point) int {
	for i := range candidate[:len(candidate)-1] {
		if band.Hopeless(champion, candidate[:i+1]) {
			return candidate[i].Step
		}
	}
	return 0
}

func (t tally) print(steps int) {
	for step := 1; step <= steps; step++ {
		if width, ok := t.band[step]; ok {
			fmt.Printf("band at step %d: %.1f %% of eval_ppl\n", step, 100*(width))
		}
	}
	fmt.Printf("%d races that the candidate wins: %d stopped (%.1f %%)\n", t.winners, t.winnersStopped, share(t.winnersStopped, t.winners))
	fmt.Printf("%d races that it loses:", t.losers)
	for step := 1; step <= steps; step++ {
		if n := t.stopped[step]; n > 0 {
			fmt.Printf(" %d stopped at step %d,", n, step)
		}
	}
	fmt.Printf(" %d run to their end\n", t.stopped[0])
	fmt.Printf("%.1f %% of all steps saved\n", share(t.stepsSaved, t.allSteps))
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}
