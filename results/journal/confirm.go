package journal

import (
	"math"
	"slices"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/results/verdict"
)

// Confirmation is a run's final check: champion and baseline on fresh seeds and,
// where the preset has one, on a text that no experiment was measured on.
// Changes are relative: -0.02 is an eval_ppl that is 2 % lower.
type Confirmation struct {
	Champion    int           `json:"champion"` // Its number.
	Seeds       []uint64      `json:"seeds"`
	Text        string        `json:"text"`         // The name of an [UnseenText], TextHoldout, or "evaluation" where there is none.
	BaselinePPL table.Measure `json:"baseline_ppl"` // Geometric mean over the seeds.
	ChampionPPL table.Measure `json:"champion_ppl"`
	FullPPL     table.Measure `json:"full_ppl"` // Of the full-precision model on this text; missing in older runs.
	Believed    table.Measure `json:"believed"` // The change that the verdicts of the kept experiments add up to.
	Confirmed   table.Measure `json:"confirmed"`
	Low         table.Measure `json:"low"` // 95 % confidence interval of the confirmed change.
	High        table.Measure `json:"high"`
	SameText    table.Measure `json:"same_text"` // The change on the fresh seeds and the evaluation text.
	Worst       verdict.Worst `json:"worst"`     // The fresh seed on which the champion does worst beside the baseline.
	Shrinkage   table.Measure `json:"shrinkage"` // Share of the believed gain, in log eval_ppl, that was not confirmed; negative if there was more.

	Unseen *UnseenText  `json:"unseen,omitempty"` // What the journal has of the text.
	Gap    *verdict.Gap `json:"gap,omitempty"`    // Between the gains on both texts; absent where there is one text, or of runs that measured no pieces of them.
	Holds  bool         `json:"holds"`            // The gain is confirmed: its interval lies below 0, and the texts agree.

	// What one training takes, the mean over the seeds.
	BaselineCompute Compute `json:"baseline_compute"`
	ChampionCompute Compute `json:"champion_compute"`
}

// Confirm folds what was measured on the first seeds of [FreshSeed]. It is false
// while nothing was kept, or not all was measured.
func Confirm(run Run, experiments []Experiment, seeds int) (Confirmation, bool) {
	champion, ok := Best(experiments)
	if !ok || champion.Number == 0 || seeds < 1 {
		return Confirmation{}, false
	}
	c := Confirmation{Champion: champion.Number, Believed: verdict.Relative(believed(experiments))}
	for k := 1; k <= seeds; k++ {
		c.Seeds = append(c.Seeds, FreshSeed(run, k))
	}
	sameText := verdict.Comparison{Champion: experiments[0].logs(c.Seeds), Candidate: champion.logs(c.Seeds)}
	if len(sameText.Champion) < seeds || len(sameText.Candidate) < seeds || !c.findText(run, experiments[0], champion) {
		return Confirmation{}, false
	}
	check := verdict.Comparison{Champion: experiments[0].logsOn(c.on(), c.Seeds), Candidate: champion.logsOn(c.on(), c.Seeds), Seeds: c.Seeds}
	_, check.Former = noiseAround(experiments, len(experiments), "")
	low, high := check.Interval()
	c.BaselinePPL, c.ChampionPPL = geometricMean(check.Champion), geometricMean(check.Candidate)
	c.FullPPL = run.FullPPL(c.on())
	c.Confirmed, c.Low, c.High = verdict.Relative(check.Mean()), verdict.Relative(low), verdict.Relative(high)
	c.Worst = check.Worst()
	c.BaselineCompute, c.ChampionCompute = experiments[0].meanCompute(c.Seeds), champion.meanCompute(c.Seeds)
	c.SameText = verdict.Relative(sameText.Mean())
	c.Shrinkage = table.Measure(1 - check.Mean()/believed(experiments))
	if c.Unseen != nil {
		gap := verdict.GapOf(sidesOn("", c.Seeds, experiments[0], champion), sidesOn(c.Text, c.Seeds, experiments[0], champion))
		c.Gap = &gap
	}
	c.Holds = c.High < 0 && (c.Gap == nil || !c.Gap.Disagrees)
	return c, true
}

// sidesOn are baseline and champion on a text, as measured on seeds.
func sidesOn(text string, seeds []uint64, baseline, champion Experiment) verdict.Sides {
	on := func(e Experiment) []verdict.Measured {
		all := make([]verdict.Measured, len(seeds))
		for i, seed := range seeds {
			trial, _ := e.Trial(seed)
			all[i] = verdict.Measured{Log: math.Log(float64(trial.On(text))), Blocks: trial.Blocks[text]}
		}
		return all
	}
	return verdict.Sides{Baseline: on(baseline), Champion: on(champion)}
}

// textOfVerdicts is the Confirmation's text where a run has no other.
const textOfVerdicts = "evaluation"

// findText finds the newest text that baseline and champion were both measured on,
// and that the champion can't have known. It is false where there is to be one, but
// the measurements aren't complete.
func (c *Confirmation) findText(run Run, baseline, champion Experiment) bool {
	isMeasured := func(name string) bool {
		return len(baseline.logsOn(name, c.Seeds)) == len(c.Seeds) && len(champion.logsOn(name, c.Seeds)) == len(c.Seeds)
	}
	for _, text := range slices.Backward(run.Texts) {
		if !text.mayBeKnownTo(champion.Number) && isMeasured(text.Name) {
			c.Text, c.Unseen = text.Name, &text
			return true
		}
	}
	_, expected := run.UnseenText(champion.Number)
	c.Text = textOfVerdicts
	if isMeasured(TextHoldout) {
		c.Text = TextHoldout
	}
	return !expected
}

// on is the text as records name it.
func (c *Confirmation) on() string {
	if c.Text == textOfVerdicts {
		return ""
	}
	return c.Text
}

// believed is the sum of the changes of log eval_ppl for which experiments were
// kept.
func believed(experiments []Experiment) float64 {
	var sum float64
	for _, e := range experiments {
		switch {
		case e.Number == 0 || !e.Status.Kept():
		case e.Change.Valid():
			sum += math.Log1p(float64(e.Change))
		default: // the brief's rule
			sum += math.Log(float64(e.EvalPPL / e.ParentEvalPPL))
		}
	}
	return sum
}

func geometricMean(logs []float64) table.Measure {
	var sum float64
	for _, value := range logs {
		sum += value
	}
	return table.Measure(math.Exp(sum / float64(len(logs))))
}

// Contribution is what one kept change does for the champion: how much worse, in
// relative terms, the champion gets without it.
type Contribution struct {
	Experiment  int           `json:"experiment"`
	Description string        `json:"description"`
	Loss        table.Measure `json:"loss"` // 0.02: eval_ppl is 2 % higher without it.
	Low         table.Measure `json:"low"`  // 95 % confidence interval.
	High        table.Measure `json:"high"`
	Helps       bool          `json:"helps"`   // The interval lies above 0.
	Problem     string        `json:"problem"` // Why it could not be taken out; empty if it could.
}

// Contributions folds the ablations of the champion on the first fresh seeds, on the
// text that the champion was confirmed on.
func Contributions(run Run, experiments []Experiment, seeds int) []Contribution {
	confirmation, _ := Confirm(run, experiments, seeds)
	champion, _ := Best(experiments)
	var list []Contribution
	for _, e := range experiments {
		if e.Number == 0 || !e.Status.Kept() {
			continue
		}
		c := Contribution{Experiment: e.Number, Description: e.Description, Loss: table.Missing(), Low: table.Missing(), High: table.Missing()}
		var with, without []float64
		for k := 1; k <= seeds; k++ {
			ablated, ok := e.Ablation(champion.Number, FreshSeed(run, k), confirmation.on())
			if ok && ablated.Problem != "" {
				c.Problem = ablated.Problem
			}
			if trial, measured := champion.Trial(FreshSeed(run, k)); ok && measured && ablated.EvalPPL.Valid() {
				with = append(with, math.Log(float64(trial.On(ablated.Text))))
				without = append(without, math.Log(float64(ablated.EvalPPL)))
			}
		}
		if len(with) == seeds {
			comparison := verdict.Comparison{Champion: with, Candidate: without}
			low, high := comparison.Interval()
			c.Loss, c.Low, c.High = verdict.Relative(comparison.Mean()), verdict.Relative(low), verdict.Relative(high)
			c.Helps = c.Low > 0
		}
		list = append(list, c)
	}
	return list
}

// Ablation returns what was measured of a champion without this experiment's
// change, on a seed and a text, or why nothing can be; false where nothing was.
func (e *Experiment) Ablation(champion int, seed uint64, text string) (Ablated, bool) {
	for _, ablated := range e.Ablations {
		if ablated.Champion == champion && ablated.Seed == seed && (ablated.Text == text || ablated.Problem != "") {
			return ablated, true
		}
	}
	return Ablated{}, false
}
