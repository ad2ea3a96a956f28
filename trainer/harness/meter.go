package harness

import (
	"io"
	"math"
	"time"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/evaluate"
	"github.com/ternlab/ternlab/trainer/layers"
	"github.com/ternlab/ternlab/trainer/progress"
)

// meter evaluates a session at lambda 1, or exports it for others to evaluate,
// and keeps the table of what it found.
type meter struct {
	run       Run
	evaluator *evaluate.Evaluator // nil: snapshots are exported
	started   time.Time
	best      float64
	rows      []table.Row
	layers    *layers.Table
}

func newMeter(r Run) (*meter, error) {
	m := &meter{run: r, started: time.Now(), best: math.Inf(1), layers: layers.NewTable()}
	if r.Snapshots {
		return m, nil
	}
	text, err := r.Preset.EvalTokens()
	if err != nil {
		return nil, err
	}
	network := evaluate.Network{Config: r.Start.Config, Ternary: true, Biases: true, Activations: r.Training.ExportedActivations()}
	m.evaluator, err = evaluate.New(r.Backend, network, text, r.Preset.Context)
	return m, err
}

// record completes a point with its evaluation, if there is one, reports it and
// writes it to results.tsv.
func (m *meter) record(session *Session, point table.Point, gradientNorm table.Measure) error {
	export, err := session.Export()
	if err != nil {
		return err
	}
	if err := m.describe(session, export, point.Step); err != nil {
		return err
	}
	kind := progress.Snapshot
	if m.evaluator == nil {
		err = m.run.snapshot(export, point.Step)
	} else {
		kind = progress.Eval
		err = m.measure(export, &point)
	}
	if err != nil {
		return err
	}
	session.freeMemory()
	point.QNeg1, point.QZero, point.QPos1 = codeShares(export)
	point.TimeS = table.Measure(time.Since(m.started).Seconds())
	m.run.Progress.Report(m.run.event(kind, point, gradientNorm))
	tokens, flops := m.run.computed(point.Step)
	m.rows = append(m.rows, table.Row{
		Point: point, Experiment: table.NoExperiment, Seed: m.run.Seed, Tokens: table.Measure(tokens), FLOPs: table.Measure(flops),
	})
	return m.run.writeRows(m.rows)
}

// begin describes the layers before the training.
func (m *meter) begin(session *Session) error {
	export, err := session.Export()
	if err != nil {
		return err
	}
	return m.describe(session, export, 0)
}

// describe adds a step to layers.tsv.
func (m *meter) describe(session *Session, export checkpoint.Export, step int) error {
	m.layers.Begin()
	for _, p := range session.network.all() {
		if !p.tensor.Linear {
			continue
		}
		values, err := p.values()
		if err != nil {
			return err
		}
		m.layers.Add(step, p.tensor.Name, values, export.Layers[p.tensor.Name])
		session.collect()
	}
	m.layers.End(step)
	session.freeMemory()
	return m.run.writeTable(layers.FileName, func(w io.Writer) error { return layers.Write(w, m.layers.Rows) })
}

// measure fills in what the evaluation says.
func (m *meter) measure(export checkpoint.Export, point *table.Point) error {
	measured, err := m.evaluator.Measure(evaluate.ExportWeights(export))
	if err != nil {
		return err
	}
	m.best = min(m.best, measured.EvalPPL)
	point.EvalPPL = table.Measure(measured.EvalPPL)
	point.EvalBPB = table.Measure(measured.EvalBPB)
	point.BestPPL = table.Measure(m.best)
	return nil
}

// codeShares are the shares of -1, 0 and +1 among all codes.
func codeShares(export checkpoint.Export) (negative, zero, positive table.Measure) {
	var counts [3]int
	for _, layer := range export.Layers {
		for _, code := range layer.Codes {
			counts[code+1]++
		}
	}
	total := table.Measure(counts[0] + counts[1] + counts[2])
	return table.Measure(counts[0]) / total, table.Measure(counts[1]) / total, table.Measure(counts[2]) / total
}
