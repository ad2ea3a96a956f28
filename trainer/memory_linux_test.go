package main

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/trainer/backend/backendtest"
	"github.com/ternlab/ternlab/trainer/harness"
)

// TestMemoryStaysFlat trains for 50 steps on XLA. The backend's memory is not
// Go's, so what a step forgets to free stays: a step that kept its old weights
// and states alone would add 5 MB here, 250 MB in the end.
func TestMemoryStaysFlat(t *testing.T) {
	for name, execution := range map[string]harness.Execution{"by layer": harness.ByLayer, "looped": harness.Looped} {
		t.Run(name, func(t *testing.T) {
			recipe := NewRecipe()
			recipe.BatchSize, recipe.SequenceLength = 2, 16
			training, err := NewTraining(recipe, nanoConfig(), 100, false)
			if err != nil {
				t.Fatal(err)
			}
			session, err := harness.NewSession(backendtest.XLA(t), randomModel(nanoConfig()), training, execution)
			if err != nil {
				t.Fatal(err)
			}
			var warm int
			for step := 1; step <= 60; step++ {
				if _, err := session.Step(step, make([]int32, 2*17)); err != nil {
					t.Fatal(err)
				}
				if step == 10 { // compiled, and the allocators have what they need
					warm = residentMegabytes(t)
				}
			}
			if grown := residentMegabytes(t) - warm; grown > 60 {
				t.Errorf("50 steps added %d MB to %d MB", grown, warm)
			}
		})
	}
}

// residentMegabytes is the memory that the process holds.
func residentMegabytes(t *testing.T) int {
	t.Helper()
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(data))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize() / 1_000_000
}
