package journal

import "github.com/ternlab/ternlab/results/verdict"

// Noise is what the run knows of how log eval_ppl scatters around its champion, and
// where that is little, around former ones.
func Noise(experiments []Experiment) verdict.Noise {
	const enough = 3 // degrees of freedom
	champion, ok := Best(experiments)
	if !ok {
		return verdict.Noise{}
	}
	var noise verdict.Noise
	near, former := noiseAround(experiments, len(experiments), champion.Commit)
	noise.Residual = near
	if near.DF < enough {
		noise.Residual = near.With(former)
	}
	for _, e := range experiments {
		noise.Single = noise.Single.With(verdict.SpreadOf(e.logs(e.seeds())))
	}
	return noise
}

// Judging is what a run's verdicts cost: trainings, but for those of the final check.
type Judging struct {
	First   int // First trainings of experiments, the baseline's included; without a judge there would be these alone.
	Further int // Of candidates on further seeds.
	Beside  int // Of champions beside them, on seeds that they weren't measured on as candidates.
	Fresh   int // Of the baseline on fresh seeds, to know the noise.
	Repeats int // Of champions once more, to see whether their figures are the same.
}

// More is how many trainings the judging took on top of the first ones.
func (j Judging) More() int { return j.Further + j.Beside + j.Fresh + j.Repeats }

// CountJudging counts a run's trainings by what they were for. Those of the final check
// are left out, which has the champion's and as many of the baseline's.
func CountJudging(run Run, experiments []Experiment) Judging {
	var j Judging
	champion, _ := Best(experiments)
	for _, e := range experiments {
		j.Repeats += len(e.Repeats)
		compared := map[uint64]bool{}
		for _, seed := range e.Seeds {
			compared[seed] = true
		}
		for i, trial := range e.Trials {
			switch checked, _ := champion.Trial(trial.Seed); {
			case i == 0:
				j.First++
			case !IsFresh(run, trial.Seed) && compared[trial.Seed]:
				j.Further++
			case !IsFresh(run, trial.Seed):
				j.Beside++
			case e.Number == 0 && (champion.Number == 0 || checked.Seed != trial.Seed):
				j.Fresh++
			}
		}
	}
	return j
}
