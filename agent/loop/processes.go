package loop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"sync"

	"github.com/ternlab/ternlab/workspace"
)

// processes is the record of the run's programs that are running, for the next
// agent: should this one be killed, some may outlive it where the system doesn't
// see to it that they can't.
type processes struct {
	file string

	mu      sync.Mutex
	leaders []workspace.Leader
}

// mark is the environment variable that all programs of a run inherit.
func (f Folder) mark() string { return "TERNLAB_RUN=" + string(f) }

// runProgram runs a trainer or an evaluator, and has it on record meanwhile.
func (l *Loop) runProgram(ctx context.Context, p workspace.Process) (workspace.Exit, error) {
	p.Env = append(slices.Clip(p.Env), l.folder.mark())
	if len(p.CPUs) > 0 { // where nothing ties a program to processors
		p.Env = append(p.Env, "GOMAXPROCS="+strconv.Itoa(len(p.CPUs)))
	}
	var leader workspace.Leader
	var noted error
	p.OnStart = func(started workspace.Leader) {
		leader = started
		noted = l.processes.change(func(all []workspace.Leader) []workspace.Leader { return append(all, started) })
	}
	exit, err := workspace.Run(ctx, p)
	ended := l.processes.change(func(all []workspace.Leader) []workspace.Leader {
		return slices.DeleteFunc(all, func(other workspace.Leader) bool { return other == leader })
	})
	if err == nil {
		err = errors.Join(noted, ended)
	}
	return exit, err
}

// change writes the record anew.
func (p *processes) change(change func([]workspace.Leader) []workspace.Leader) error {
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

// reap ends what an agent that was killed has left running. This process holds
// the run's lock, so none of it is anybody else's.
func (l *Loop) reap() error {
	l.processes.file = l.folder.Processes()
	var leaders []workspace.Leader
	text, err := os.ReadFile(l.processes.file)
	if err == nil {
		err = json.Unmarshal(text, &leaders)
	}
	if syntax := new(json.SyntaxError); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.As(err, &syntax) { // one cut short by a crash says nothing
		return fmt.Errorf("read which programs an earlier agent left running: %w", err)
	}
	killed, err := workspace.Reap(l.folder.mark(), leaders)
	if killed > 0 {
		l.screen.Say(fmt.Sprintf("ended %d processes that an earlier agent had left running", killed))
	}
	return err
}
