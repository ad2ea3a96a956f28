package endurance

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/ternlab/ternlab/agent/runs"
	"github.com/ternlab/ternlab/results/journal"
)

// experimentsVariable asks for another length of the soak.
const experimentsVariable = "TERNLAB_SOAK"

// use is what a process holds.
type use struct {
	MemoryMB           float64
	Threads, OpenFiles int
}

// A long run holds no more at its end than in its middle.
func TestRunHoldsNoMoreAtItsEnd(t *testing.T) {
	l := newLab(t)
	length := number(t, experimentsVariable, 40)
	agent := l.run(t, length)
	must(t, agent.Start())
	exited := make(chan error, 1)
	go func() { exited <- agent.Wait() }()
	var middle, last use
	for running := true; running; {
		select {
		case err := <-exited:
			must(t, err)
			running = false
		case <-time.After(50 * time.Millisecond):
			now, err := usedBy(agent.Process.Pid)
			if err != nil {
				continue // it ends
			}
			if last = now; middle == (use{}) && l.decided(t) >= length/2 {
				middle = now
			}
		}
	}
	t.Logf("in the middle: %+v; at the end: %+v", middle, last)
	t.Log(l.overhead(t))
	if middle == (use{}) {
		t.Fatal("the run was over before it was looked at")
	}
	// The heap moves between collections, and a thread or a file may be in use.
	const memoryMB, few = 24, 8
	if last.MemoryMB > middle.MemoryMB+memoryMB || last.Threads > middle.Threads+few || last.OpenFiles > middle.OpenFiles+few {
		t.Errorf("the agent grew from %+v to %+v", middle, last)
	}
}

// usedBy reads what a process holds now.
func usedBy(pid int) (use, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return use{}, err
	}
	field := func(name string) int {
		found := regexp.MustCompile(`(?m)^` + name + `:\s+(\d+)`).FindSubmatch(status)
		if found == nil {
			return 0
		}
		value, _ := strconv.Atoi(string(found[1]))
		return value
	}
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil || field("VmRSS") == 0 {
		return use{}, fmt.Errorf("process %d has ended: %w", pid, err)
	}
	return use{MemoryMB: float64(field("VmRSS")) / 1024, Threads: field("Threads"), OpenFiles: len(files)}, nil
}

// decided counts the experiments that have their verdict.
func (l lab) decided(t *testing.T) int {
	t.Helper()
	records, err := journal.Read(runs.NewFolder(l.root, tag).Journal())
	if err != nil {
		return 0
	}
	count := 0
	for _, record := range records {
		if record.Kind == journal.KindVerdict {
			count++
		}
	}
	return count
}

// overhead says what the loop itself takes: the time from one experiment's end
// to the next one's, without that of its programs.
func (l lab) overhead(t *testing.T) string {
	t.Helper()
	records, err := journal.Read(runs.NewFolder(l.root, tag).Journal())
	must(t, err)
	var each []float64 // ms
	var ended time.Time
	programs := 0.0 // seconds
	for _, record := range records {
		var data struct {
			TimeS float64 `json:"time_s"`
		}
		switch record.Kind {
		case journal.KindBuilt, journal.KindTrained, journal.KindEvaluated:
			must(t, json.Unmarshal(record.Data, &data))
			programs += data.TimeS
		case journal.KindCommitted:
			if record.Experiment > 0 {
				each = append(each, 1000*(record.Time.Sub(ended).Seconds()-programs))
			}
			ended, programs = record.Time, 0
		}
	}
	const sample = 10
	if len(each) < 2*sample {
		t.Fatalf("%d experiments are too few to tell", len(each))
	}
	first, last := slices.Sorted(slices.Values(each[:sample])), slices.Sorted(slices.Values(each[len(each)-sample:]))
	return fmt.Sprintf("overhead per experiment, asking included: %.0f ms at first, %.0f ms after %d (medians of %d)",
		first[sample/2], last[sample/2], len(each), sample)
}
