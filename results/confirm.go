package results

import "math"

// Confirmation is a run's final check: champion and baseline on fresh seeds and,
// where the preset has one, on a text that no experiment was measured on.
// Changes are relative: -0.02 is an eval_ppl that is 2 % lower.
type Confirmation struct {
	Champion    int      `json:"champion"` // Its number.
	Seeds       []uint64 `json:"seeds"`
	Text        string   `json:"text"`         // TextHoldout, or "evaluation" where there is none.
	BaselinePPL Measure  `json:"baseline_ppl"` // Geometric mean over the seeds.
	ChampionPPL Measure  `json:"champion_ppl"`
	Believed    Measure  `json:"believed"` // The change that the verdicts of the kept experiments add up to.
	Confirmed   Measure  `json:"confirmed"`
	Low         Measure  `json:"low"` // 95 % confidence interval of the confirmed change.
	High        Measure  `json:"high"`
	SameText    Measure  `json:"same_text"` // The change on the fresh seeds and the evaluation text.
	Shrinkage   Measure  `json:"shrinkage"` // Share of the believed gain, in log eval_ppl, that was not confirmed; negative if there was more.
}

// Confirm folds what was measured on the first seeds of [FreshSeed]. It is false
// while nothing was kept, or not all was measured.
func Confirm(run Run, experiments []Experiment, seeds int) (Confirmation, bool) {
	champion, ok := Best(experiments)
	if !ok || champion.Number == 0 || seeds < 1 {
		return Confirmation{}, false
	}
	c := Confirmation{Champion: champion.Number, Text: TextHoldout, Believed: relative(believed(experiments))}
	for k := 1; k <= seeds; k++ {
		c.Seeds = append(c.Seeds, FreshSeed(run, k))
	}
	sameText := Comparison{Champion: experiments[0].logs(c.Seeds), Candidate: champion.logs(c.Seeds)}
	check := Comparison{Champion: experiments[0].holdoutLogs(c.Seeds), Candidate: champion.holdoutLogs(c.Seeds)}
	if len(sameText.Champion) < seeds || len(sameText.Candidate) < seeds {
		return Confirmation{}, false
	}
	if len(check.Champion) < seeds || len(check.Candidate) < seeds {
		check, c.Text = sameText, "evaluation"
	}
	const oneSide = 0.025
	mean, width := check.mean(), check.halfWidth(oneSide)
	c.BaselinePPL, c.ChampionPPL = geometricMean(check.Champion), geometricMean(check.Candidate)
	c.Confirmed, c.Low, c.High = relative(mean), relative(mean-width), relative(mean+width)
	c.SameText = relative(sameText.mean())
	c.Shrinkage = Measure(1 - mean/believed(experiments))
	return c, true
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

// holdoutLogs are those of the text that no verdict rests on.
func (e *Experiment) holdoutLogs(seeds []uint64) []float64 {
	return e.logsOf(seeds, func(t Trial) Measure { return t.HoldoutPPL })
}

func geometricMean(logs []float64) Measure {
	var sum float64
	for _, value := range logs {
		sum += value
	}
	return Measure(math.Exp(sum / float64(len(logs))))
}

// Contribution is what one kept change does for the champion: how much worse, in
// relative terms, the champion gets without it.
type Contribution struct {
	Experiment  int     `json:"experiment"`
	Description string  `json:"description"`
	Loss        Measure `json:"loss"` // 0.02: eval_ppl is 2 % higher without it.
	Low         Measure `json:"low"`  // 95 % confidence interval.
	High        Measure `json:"high"`
	Helps       bool    `json:"helps"`   // The interval lies above 0.
	Problem     string  `json:"problem"` // Why it could not be taken out; empty if it could.
}

// Contributions folds the ablations of the champion on the first fresh seeds.
func Contributions(run Run, experiments []Experiment, seeds int) []Contribution {
	champion, _ := Best(experiments)
	var list []Contribution
	for _, e := range experiments {
		if e.Number == 0 || !e.Status.Kept() {
			continue
		}
		c := Contribution{Experiment: e.Number, Description: e.Description, Loss: Missing(), Low: Missing(), High: Missing()}
		var with, without []float64
		for k := 1; k <= seeds; k++ {
			ablated, ok := e.Ablation(champion.Number, FreshSeed(run, k))
			if ok && ablated.Problem != "" {
				c.Problem = ablated.Problem
			}
			if trial, measured := champion.Trial(FreshSeed(run, k)); ok && measured && ablated.EvalPPL.Valid() {
				with = append(with, math.Log(float64(trial.judgedBy(ablated))))
				without = append(without, math.Log(float64(ablated.EvalPPL)))
			}
		}
		if len(with) == seeds {
			const oneSide = 0.025
			comparison := Comparison{Champion: with, Candidate: without}
			mean, width := comparison.mean(), comparison.halfWidth(oneSide)
			c.Loss, c.Low, c.High = relative(mean), relative(mean-width), relative(mean+width)
			c.Helps = c.Low > 0
		}
		list = append(list, c)
	}
	return list
}

// judgedBy is the trial's figure on the text that the ablation was measured on.
func (t Trial) judgedBy(ablated Ablated) Measure {
	if ablated.Text == TextHoldout {
		return t.HoldoutPPL
	}
	return t.EvalPPL
}

// Ablation returns what was measured of a champion without this experiment's
// change, on a seed; false where nothing was.
func (e *Experiment) Ablation(champion int, seed uint64) (Ablated, bool) {
	for _, ablated := range e.Ablations {
		if ablated.Champion == champion && ablated.Seed == seed {
			return ablated, true
		}
	}
	return Ablated{}, false
}
