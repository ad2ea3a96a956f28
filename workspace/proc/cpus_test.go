package proc

import (
	"runtime"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestShare(t *testing.T) {
	cpus := []int{0, 2, 4, 6, 8}
	for n, want := range map[int][][]int{
		1: {{0, 2, 4, 6, 8}},
		2: {{0, 2}, {4, 6, 8}},
		3: {{0}, {2, 4}, {6, 8}},
		7: {{0}, {0}, {2}, {4}, {4}, {6}, {8}},
	} {
		if diff := cmp.Diff(want, share(cpus, n)); diff != "" {
			t.Errorf("%d shares (-want +got):\n%s", n, diff)
		}
	}
}

func TestRunKeepsToItsProcessors(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("documented: only on Linux")
	}
	for n := range 2 {
		share := ShareCPUs(n + 1)[n]
		var lines []string
		if _, err := Run(t.Context(), child("processors", collect(&lines), func(p *Process) { p.CPUs = share })); err != nil {
			t.Fatal(err)
		}
		if len(lines) != 1 || lines[0] != strconv.Itoa(len(share)) {
			t.Errorf("with processors %v the program counts %v", share, lines)
		}
	}
	if got := len(usableCPUs()); got != runtime.NumCPU() {
		t.Errorf("afterwards this thread may use %d processors of %d", got, runtime.NumCPU())
	}
}
