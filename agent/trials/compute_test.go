package trials

import (
	"testing"

	"github.com/ternlab/ternlab/results/table"
)

func TestStepsInTime(t *testing.T) {
	for name, test := range map[string]struct {
		baseline, own table.Measure
		want          int
	}{
		"as fast":         {0.03, 0.03, 100},
		"half as fast":    {0.03, 0.06, 50},
		"twice as fast":   {0.03, 0.015, 200},
		"a little slower": {0.03, 0.0301, 99},
		"hopeless":        {0.03, 1000, 1},
		"made up":         {0.03, 1e-9, 1000},
		"no time at all":  {0.03, 0, 100},
		"not timed":       {table.Missing(), 0.03, 100},
	} {
		if got := stepsInTime(100, test.baseline, test.own); got != test.want {
			t.Errorf("%s: %d steps, want %d", name, got, test.want)
		}
	}
}
