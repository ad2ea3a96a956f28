package knobs

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type settable struct {
	LearningRate     float64
	GroupSize        int
	LambdaSchedule   string
	DeadZoneRecovery bool
}

func TestAssign(t *testing.T) {
	got := settable{GroupSize: 64}
	err := Assign(&got, recipe, []string{"LearningRate=1e-3", "LambdaSchedule=cosine", "DeadZoneRecovery=true", "LearningRate=2e-3"})
	if err != nil {
		t.Fatal(err)
	}
	want := settable{LearningRate: 2e-3, GroupSize: 64, LambdaSchedule: "cosine", DeadZoneRecovery: true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for setting, want := range map[string]string{
		"GroupSize":     `set "GroupSize": want Knob=value`,
		"GroupSize=32":  "set GroupSize: 32 is not one of {64, 128, 256}",
		"GroupSize=x":   `set GroupSize: "x" is not an integer`,
		"groupsize=64":  "set groupsize: no such knob; there are LambdaSchedule, ",
		"BatchSize=8":   "set BatchSize: the recipe has no field of that name",
		"=1":            "set : no such knob",
		"LearningRate=": `set LearningRate: "" is not a number`,
	} {
		if err := Assign(&settable{}, recipe, []string{setting}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", setting, err, want)
		}
	}
}

func TestConditions(t *testing.T) {
	all, err := Parse(wrap(
		`A: "x", // {x, y, z}`,
		`B: 1.5, // {0, 1.5, 2}`,
		`C: 1, // [1, 9] if A is y or z. Sentence.`,
		`D: 1, // {1, 2} if B is not 0. Sentence.`,
		`E: 1e-3, // [1e-4, 1] log if B is 1.5. Sentence.`,
		`F: 1, // {1, 2} if only it worked. Sentence.`,
	))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"A": true, "B": true, "C": false, "D": true, "E": true, "F": true}
	for _, knob := range all {
		if got := knob.When.Holds(all); got != want[knob.Name] {
			t.Errorf("%s does something: %v", knob.Name, got)
		}
		if knob.When.Knob != "" && knob.Doc != "Sentence." {
			t.Errorf("%s says %q", knob.Name, knob.Doc)
		}
	}
	if !all[4].Domain.Log {
		t.Error("E lost its log")
	}
	if _, err := Parse(wrap(`A: 1, // {1, 2}`, `B: 1, // {1, 2} if A is 3. Sentence.`)); err == nil || !strings.Contains(err.Error(), "line 3: B: its condition: A: 3 is not one of {1, 2}") {
		t.Error(err)
	}
}
