package journal

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/results/table"
)

func TestRowsOfAStoryReadBack(t *testing.T) {
	run, experiments, err := Fold(recordsOf(t, story()))
	if err != nil {
		t.Fatal(err)
	}
	want := Rows(run, experiments)
	var out bytes.Buffer
	if err := table.WriteRows(&out, want); err != nil {
		t.Fatal(err)
	}
	got, err := table.ReadRows(&out)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		want[i].Description = strings.NewReplacer("\t", " ", "\n", " ").Replace(want[i].Description)
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(same)); diff != "" {
		t.Error(diff)
	}
}

// The last row has the evaluator's figures, whatever the training said, and is
// there when the training said nothing.
func TestRowsCarryTheEvaluatorsFigures(t *testing.T) {
	for name, test := range map[string]struct {
		claimed []table.Point
		steps   []int
		figures []table.Measure
	}{
		"an honest claim": {points(140, 131), []int{25, 50}, []table.Measure{140, 131.2}},
		"a forged claim":  {points(140, 1), []int{25, 50}, []table.Measure{140, 131.2}},
		"a claim too few": {points(140), []int{25, 50}, []table.Measure{140, 131.2}},
		"no claim":        {nil, []int{50}, []table.Measure{131.2}},
	} {
		t.Run(name, func(t *testing.T) {
			trial := Trial{Seed: 3, EvalPPL: 131.2, EvalBPB: 2.1, Points: test.claimed}
			experiment := Experiment{Status: StatusKeep, Trials: []Trial{trial}}
			before := len(test.claimed)
			rows := Rows(Run{Protocol: Protocol{Steps: 50}}, []Experiment{experiment})
			var steps []int
			var figures []table.Measure
			for _, row := range rows {
				steps, figures = append(steps, row.Step), append(figures, row.EvalPPL)
				if row.Seed != 3 {
					t.Errorf("seed of row %d is %d", row.Step, row.Seed)
				}
			}
			if diff := cmp.Diff(test.steps, steps) + cmp.Diff(test.figures, figures); diff != "" {
				t.Error(diff)
			}
			if last := rows[len(rows)-1]; last.EvalBPB != 2.1 {
				t.Errorf("eval_bpb of the last row is %v", last.EvalBPB)
			}
			if len(trial.Points) != before || before > 1 && trial.Points[1].EvalPPL == 131.2 {
				t.Error("Rows changed the experiment's points")
			}
		})
	}
	if rows := Rows(Run{Protocol: Protocol{Steps: 50}}, []Experiment{{EvalPPL: table.Missing()}}); len(rows) != 0 {
		t.Errorf("an experiment that measured nothing has rows: %+v", rows)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestSummaryToAFullDisk(t *testing.T) {
	if err := WriteSummary(fullDisk{}, nil); err == nil {
		t.Error("WriteSummary to a full disk succeeded")
	}
}

// same reports whether two measures are equal, or both missing.
func same(a, b table.Measure) bool { return a == b || !a.Valid() && !b.Valid() }
