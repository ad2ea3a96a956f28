package layers

import (
	"strings"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/checkpoint"
)

// All is the name of the line for all layers together.
const All = "all"

// Row is a line of layers.tsv; see the package's description.
type Row struct {
	Step                          int
	Layer                         string
	Weights                       int
	GroupSize                     table.Measure
	Zero                          table.Measure
	ScaleMean, ScaleMin, ScaleMax table.Measure
	FlipsPerStep                  table.Measure
	RelativeMSE                   table.Measure
}

// Table collects the lines of a training.
type Table struct {
	Rows []Row

	step   int               // of the evaluation before; negative before the first
	codes  map[string][]int8 // at that evaluation
	counts counts            // of all layers at the step at hand
	place  int               // of the line for all layers
}

// NewTable is a table without lines.
func NewTable() *Table { return &Table{step: -1, codes: map[string][]int8{}} }

// counts are the sums that a line is made of.
type counts struct {
	weights, zeros, flips int
	scales                int
	scaleSum              float64
	scaleMin, scaleMax    float32
	error, squares        float64
}

// Begin opens the lines of a step: that for all layers, which End completes.
func (t *Table) Begin() {
	t.counts, t.place = counts{}, len(t.Rows)
	t.Rows = append(t.Rows, Row{})
}

// Add describes a layer: its weight's name, the weights [out, in] in training,
// and what they are rounded to. The codes are kept for the next step.
func (t *Table) Add(step int, weight string, values []float32, layer checkpoint.Ternary) {
	c := count(values, layer)
	for i, code := range t.codes[weight] {
		if layer.Codes[i] != code {
			c.flips++
		}
	}
	t.codes[weight] = layer.Codes
	t.counts.add(c)
	t.Rows = append(t.Rows, c.row(step, strings.TrimSuffix(weight, ".weight"), t.step))
}

// End completes a step.
func (t *Table) End(step int) {
	t.Rows[t.place] = t.counts.row(step, All, t.step)
	t.step = step
}

func count(values []float32, layer checkpoint.Ternary) counts {
	c := counts{weights: len(values), scales: len(layer.Scales), scaleMin: layer.Scales[0], scaleMax: layer.Scales[0]}
	group := layer.GroupSize()
	for g, scale := range layer.Scales {
		c.scaleSum += float64(scale)
		c.scaleMin, c.scaleMax = min(c.scaleMin, scale), max(c.scaleMax, scale)
		codes := layer.Codes[g*group:]
		for i, value := range values[g*group : (g+1)*group] {
			code := codes[i]
			if code == 0 {
				c.zeros++
			}
			difference := float64(value - float32(code)*scale)
			c.error += difference * difference
			c.squares += float64(value) * float64(value)
		}
	}
	return c
}

func (c *counts) add(more counts) {
	if c.weights == 0 {
		*c = more
		return
	}
	c.weights += more.weights
	c.zeros += more.zeros
	c.flips += more.flips
	c.scales += more.scales
	c.scaleSum += more.scaleSum
	c.scaleMin, c.scaleMax = min(c.scaleMin, more.scaleMin), max(c.scaleMax, more.scaleMax)
	c.error += more.error
	c.squares += more.squares
}

// row is the line of these sums; before is the step of the evaluation before.
func (c counts) row(step int, layer string, before int) Row {
	row := Row{
		Step: step, Layer: layer, Weights: c.weights, GroupSize: table.Measure(c.weights) / table.Measure(c.scales), Zero: table.Measure(c.zeros) / table.Measure(c.weights),
		ScaleMean: table.Measure(c.scaleSum) / table.Measure(c.scales),
		ScaleMin:  table.Measure(c.scaleMin), ScaleMax: table.Measure(c.scaleMax),
		FlipsPerStep: table.Missing(), RelativeMSE: table.Measure(c.error) / table.Measure(c.squares),
	}
	if before >= 0 {
		row.FlipsPerStep = table.Measure(c.flips) / table.Measure(max(step-before, 1))
	}
	return row
}
