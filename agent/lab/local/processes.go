package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"

	"github.com/ternlab/ternlab/agent/runs"
	"github.com/ternlab/ternlab/workspace/proc"
)

// processes is the record of the run's programs that are running, for the next
// agent: should this one be killed, some may outlive it where the system doesn't
// see to it that they can't.
type processes struct {
	file string

	mu      sync.Mutex
	leaders []proc.Leader
}

// mark is the environment variable that all programs of a run inherit.
func mark(folder runs.Folder) string { return "TERNLAB_RUN=" + string(folder) }

func (p *processes) add(started proc.Leader) error {
	return p.change(func(all []proc.Leader) []proc.Leader { return append(all, started) })
}

func (p *processes) remove(ended proc.Leader) error {
	return p.change(func(all []proc.Leader) []proc.Leader {
		return slices.DeleteFunc(all, func(other proc.Leader) bool { return other == ended })
	})
}

// change writes the record anew.
func (p *processes) change(change func([]proc.Leader) []proc.Leader) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leaders = change(p.leaders)
	text, err := json.Marshal(p.leaders)
	if err == nil {
		err = os.WriteFile(p.file, text, 0o644)
	}
	if err != nil {
		return fmt.Errorf("note which programs run: %w", err)
	}
	return nil
}

// Reap ends what an agent that was killed has left running. Whoever calls it must hold
// the run's lock: then none of it is anybody else's.
func (r *Runner) Reap() (int, error) {
	var leaders []proc.Leader
	text, err := os.ReadFile(r.processes.file)
	if err == nil {
		err = json.Unmarshal(text, &leaders)
	}
	if syntax := new(json.SyntaxError); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.As(err, &syntax) { // one cut short by a crash says nothing
		return 0, fmt.Errorf("read which programs an earlier agent left running: %w", err)
	}
	return proc.Reap(mark(r.folder), leaders)
}
