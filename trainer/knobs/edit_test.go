package knobs

import (
	"fmt"
	"go/format"
	"strings"
	"testing"
)

func TestSetChangesOneLineAndKeepsTheColumn(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"LambdaSchedule", "cosine", `		LambdaSchedule:   "cosine",  // {linear, cosine, exponential, step} How lambda rises to 1.`},
		{"LambdaSteps", "5000", `		LambdaSteps:      5000,      // {0, 50, 100, 500, 1000, 2000, 5000} Steps until lambda is 1.`},
		{"DeadZone", "0.62", `		DeadZone:         0.62,      // [0.3, 0.8] Weights below this part of the scale become 0.`},
		{"DeadZoneRecovery", "true", `		DeadZoneRecovery: true,      // {true, false} Whether dead weights are folded into a bias.`},
		{"ClipNorm", "2", `		ClipNorm:      2.0,  // {0, 0.5, 1, 2, 5} Gradient clipping by global norm; 0 is off.`},
		{"LearningRate", "0.0004", `		LearningRate:  0.0004, // [1e-5, 3e-3] log. Peak learning rate.`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			changed, err := Set(recipe, test.name, test.value)
			if err != nil {
				t.Fatal(err)
			}
			before, after := strings.Split(recipe, "\n"), strings.Split(changed, "\n")
			lines := []string{}
			for i := range before {
				if before[i] != after[i] {
					lines = append(lines, after[i])
				}
			}
			if len(before) != len(after) || len(lines) != 1 || lines[0] != test.want {
				t.Errorf("changed %q", lines)
			}
			if formatted, err := format.Source([]byte(changed)); test.name != "LearningRate" && (err != nil || string(formatted) != changed) {
				t.Errorf("gofmt would change it: %v", err)
			}
		})
	}
}

func TestSetErrors(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"GroupSize", "32", "set GroupSize: 32 is not one of {64, 128, 256}"},
		{"GroupSize", "64.5", `set GroupSize: "64.5" is not an integer`},
		{"LearningRate", "0.01", "set LearningRate: 0.01 is outside [1e-05, 0.003] log"},
		{"LearningRate", "NaN", `set LearningRate: "NaN" is not a number`},
		{"DeadZoneRecovery", "yes", `set DeadZoneRecovery: "yes" is neither true nor false`},
		{"WeightScale", "\", x", `set WeightScale: ", x is not one of {absmean, absmax}`},
		{"Beta2", "0.9", "set Beta2: no such knob; there are LambdaSchedule, "},
	}
	for _, test := range tests {
		if _, err := Set(recipe, test.name, test.value); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

// FuzzParse holds that whatever parses can be set to each of its values, which
// changes one line and is read back.
func FuzzParse(f *testing.F) {
	f.Add(recipe)
	for _, line := range []string{
		`A: 2e-5, // [1e-5, 3e-3] log. Peak.`, `A: -1, // {-1, 0, 1}`, "A: `raw`, // {raw, cooked}", `A: true, // {true, false}`,
		`A: 1, // [-9, 1e300]`, `A: 1, B: 2, // {2, 3}`, `A: (1), // {1, 2}`, `A: 1 /* x // y */, // {1, 2}`,
	} {
		f.Add(wrap(line))
	}
	f.Fuzz(func(t *testing.T, src string) {
		all, err := Parse(src)
		if err != nil {
			return
		}
		for _, knob := range all {
			values := knob.Values()
			for _, value := range values[:min(len(values), 3)] {
				changed, err := Set(src, knob.Name, value)
				if err != nil {
					t.Fatal(err)
				}
				again, err := find(changed, knob.Name)
				if err != nil || again.Value != value || again.Line != knob.Line {
					t.Fatal(fmt.Sprint("set ", knob.Name, " to ", value, ", read back ", again.Value, ": ", err))
				}
			}
		}
	})
}
