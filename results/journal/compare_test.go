package journal

import (
	"math"
	"testing"

	"github.com/ternlab/ternlab/results/table"
)

func TestWorsened(t *testing.T) {
	experiment := func(number int, status Status, change table.Measure) Experiment {
		return Experiment{Number: number, Status: status, Change: change}
	}
	run := []Experiment{
		experiment(0, StatusKeep, table.Missing()), experiment(1, StatusSimplify, 0.004), experiment(2, StatusDiscard, 0.3),
		experiment(3, StatusKeep, -0.2), experiment(4, StatusSimplify, 0.003), experiment(5, StatusSimplify, -0.001),
		experiment(6, StatusSimplify, -0.5), experiment(7, StatusSimplify, 0.002), experiment(8, StatusCrash, table.Missing()),
	}
	for number, want := range []float64{0, 0, 0.004, 0.004, 0.004, 0.007, 0.006, 0, 0.002} {
		if got := math.Expm1(worsened(run, number)); math.Abs(got-want) > 1e-4 {
			t.Errorf("before experiment %d it is %.4f, want %.4f", number, got, want)
		}
	}
}
