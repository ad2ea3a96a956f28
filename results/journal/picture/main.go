package main

import (
	"errors"
	"fmt"
	"image/color"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/ternlab/ternlab/results/journal"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: picture JOURNAL FILE.svg")
		os.Exit(2)
	}
	if err := picture(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

func picture(path, file string) error {
	records, err := journal.Read(path)
	if err != nil {
		return err
	}
	_, experiments, err := journal.Fold(records)
	if err != nil {
		return err
	}
	if len(experiments) == 0 {
		return errors.New("the journal holds no experiment")
	}
	p := plot.New()
	p.X.Label.Text = "experiment"
	p.Y.Label.Text = "eval_ppl of the ternary model"
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.TickerFunc(everyOneTwoFive)
	p.X.Tick.Marker = plot.TickerFunc(everyFive)
	p.Legend.Top = true
	if err := addExperiments(p, experiments); err != nil {
		return err
	}
	return p.Save(22*vg.Centimeter, 9*vg.Centimeter, file)
}

func addExperiments(p *plot.Plot, experiments []journal.Experiment) error {
	kept, dropped, champion := series(experiments)
	line, err := plotter.NewLine(champion)
	if err != nil {
		return err
	}
	line.StepStyle, line.Color, line.Width = plotter.PostStep, color.RGBA{R: 20, G: 120, B: 70, A: 255}, vg.Points(1.5)
	p.Add(line)
	p.Legend.Add("champion", line)
	for _, group := range []struct {
		name   string
		points plotter.XYs
		color  color.Color
		shape  draw.GlyphDrawer
	}{
		{"kept", kept, line.Color, draw.CircleGlyph{}},
		{"discarded", dropped, color.Gray{Y: 140}, draw.CrossGlyph{}},
	} {
		scatter, err := plotter.NewScatter(group.points)
		if err != nil {
			return err
		}
		scatter.Color, scatter.Shape, scatter.Radius = group.color, group.shape, vg.Points(3)
		p.Add(scatter)
		p.Legend.Add(group.name, scatter)
	}
	return nil
}

// series splits experiments by what became of them. Crashes have no figure.
func series(experiments []journal.Experiment) (kept, dropped, champion plotter.XYs) {
	for _, e := range experiments {
		if !e.EvalPPL.Valid() {
			continue
		}
		point := plotter.XY{X: float64(e.Number), Y: float64(e.EvalPPL)}
		if e.Status.Kept() {
			kept, champion = append(kept, point), append(champion, point)
		} else {
			dropped = append(dropped, point)
		}
	}
	if len(champion) > 0 {
		last := float64(experiments[len(experiments)-1].Number)
		champion = append(champion, plotter.XY{X: last, Y: champion[len(champion)-1].Y})
	}
	return kept, dropped, champion
}

// everyOneTwoFive ticks 1, 2 and 5 times the powers of ten.
func everyOneTwoFive(lowest, highest float64) []plot.Tick {
	var ticks []plot.Tick
	for power := 1.0; power <= highest; power *= 10 {
		for _, value := range []float64{power, 2 * power, 5 * power} {
			if value >= lowest && value <= highest {
				ticks = append(ticks, plot.Tick{Value: value, Label: fmt.Sprintf("%g", value)})
			}
		}
	}
	return ticks
}

// everyFive ticks the experiments 0, 5, 10 and so on.
func everyFive(_, highest float64) []plot.Tick {
	var ticks []plot.Tick
	for value := 0.0; value <= highest; value += 5 {
		ticks = append(ticks, plot.Tick{Value: value, Label: fmt.Sprintf("%g", value)})
	}
	return ticks
}
