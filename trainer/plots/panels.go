package plots

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/layers"
)

// panel is one of the plots of a picture.
type panel struct {
	title   string
	several string // title where there are several series, if it is another
	unit    string
	log     bool // a logarithmic axis where the values span more than a decade
	lines   func(s Series) []line
	alone   int // the one line to draw of several where there are several series
}

// line is a curve of a panel.
type line struct {
	name   string // of what a panel with several lines shows; empty with one
	points plotter.XYs
	dashes []vg.Length
}

// panels are all plots, in reading order.
func panels() []panel {
	return []panel{
		{title: "training loss", unit: "nats per token", lines: points(func(p table.Point) table.Measure { return p.TrainLoss })},
		{title: "eval_ppl of the ternary model", unit: "perplexity per token", log: true, lines: points(func(p table.Point) table.Measure { return p.EvalPPL })},
		{title: "lambda", unit: "share of quantization", lines: points(func(p table.Point) table.Measure { return p.Lambda })},
		{title: "learning rate", unit: "per step", lines: points(func(p table.Point) table.Measure { return p.LR })},
		{title: "codes −1, 0 and +1", several: "weights whose code is 0", unit: "% of weights", lines: codes, alone: 1},
		{title: "weights that change their code", unit: "% per step", lines: flips},
	}
}

// points are a column over the steps.
func points(field func(table.Point) table.Measure) func(Series) []line {
	return func(s Series) []line {
		var xys plotter.XYs
		for _, p := range s.Points {
			xys = appendPoint(xys, p.Step, field(p))
		}
		return []line{{points: xys}}
	}
}

func appendPoint(xys plotter.XYs, step int, value table.Measure) plotter.XYs {
	if !value.Valid() {
		return xys
	}
	return append(xys, plotter.XY{X: float64(step), Y: float64(value)})
}

// codes are the shares of -1, 0 and +1.
func codes(s Series) []line {
	lines := []line{
		{name: "−1", dashes: []vg.Length{vg.Points(5), vg.Points(2)}},
		{name: "0"},
		{name: "+1", dashes: []vg.Length{vg.Points(1), vg.Points(2)}},
	}
	for _, p := range s.Points {
		for i, share := range []table.Measure{p.QNeg1, p.QZero, p.QPos1} {
			lines[i].points = appendPoint(lines[i].points, p.Step, 100*share)
		}
	}
	return lines
}

// flips are the weights of all layers that changed their code, per step.
func flips(s Series) []line {
	var xys plotter.XYs
	for _, row := range s.Layers {
		if row.Layer == layers.All {
			xys = appendPoint(xys, row.Step, 100*row.FlipsPerStep/table.Measure(row.Weights))
		}
	}
	return []line{{points: xys}}
}

// draw makes a panel of all series.
func (p panel) draw(all []Series) (*plot.Plot, error) {
	chart := plot.New()
	chart.Title.Text, chart.Title.TextStyle.Font.Size = p.title, vg.Points(11)
	if len(all) > 1 && p.several != "" {
		chart.Title.Text = p.several
	}
	chart.Title.Padding = vg.Points(4)
	chart.X.Label.Text, chart.Y.Label.Text = "step", p.unit
	for _, axis := range []*plot.Axis{&chart.X, &chart.Y} {
		axis.Label.TextStyle.Font.Size, axis.Tick.Label.Font.Size = vg.Points(9), vg.Points(8)
		axis.Color, axis.Tick.Color = color.Gray{Y: 120}, color.Gray{Y: 120}
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{Y: 232}, color.Gray{Y: 232}
	chart.Add(grid)
	extent := extent{math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)}
	for i, series := range all {
		lines := p.lines(series)
		if len(all) > 1 {
			lines = lines[p.alone : p.alone+1]
			lines[0].name = ""
		}
		for _, line := range lines {
			if len(line.points) == 0 {
				continue
			}
			if err := line.add(chart, seriesColor(i)); err != nil {
				return nil, fmt.Errorf("draw %s of %s: %w", p.title, series.Name, err)
			}
			extent.include(line.points)
		}
	}
	extent.apply(chart, p.log)
	return chart, nil
}

// add draws the curve with a point at each evaluation, and its name behind it.
func (l line) add(chart *plot.Plot, c color.Color) error {
	curve, marks, err := plotter.NewLinePoints(l.points)
	if err != nil {
		return err
	}
	curve.Color, curve.Width, curve.Dashes = c, vg.Points(1.4), l.dashes
	marks.Color, marks.Shape, marks.Radius = c, draw.CircleGlyph{}, vg.Points(1.8)
	chart.Add(curve, marks)
	if l.name == "" {
		return nil
	}
	last := l.points[len(l.points)-1]
	label, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{last}, Labels: []string{l.name}})
	if err != nil {
		return err
	}
	label.TextStyle[0].Color, label.TextStyle[0].Font.Size = c, vg.Points(9)
	label.TextStyle[0].YAlign = draw.YCenter
	label.Offset.X = vg.Points(4)
	chart.Add(label)
	return nil
}

// seriesColor tells series apart, also for most of those who can't tell red from
// green: the palette of Okabe and Ito, https://jfly.uni-koeln.de/color/.
func seriesColor(i int) color.Color {
	palette := [mostSeries]color.RGBA{
		{0, 114, 178, 255},
		{213, 94, 0, 255},
		{0, 158, 115, 255},
		{204, 121, 167, 255},
		{230, 159, 0, 255},
		{86, 180, 233, 255},
		{0, 0, 0, 255},
		{150, 140, 40, 255},
	}
	return palette[i%mostSeries]
}
