package endurance

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// Of many agents that want the same run at once, exactly one gets it, and the
// others say who has it.
func TestOneOfManyWritesARun(t *testing.T) {
	const many = 50
	l := newLab(t)
	type ended struct {
		agent  *exec.Cmd
		output string
	}
	results := make(chan ended, many)
	agents := make([]*exec.Cmd, many)
	for i := range agents {
		agent := l.run(t, 1_000_000)
		var output bytes.Buffer
		agent.Stdout, agent.Stderr = &output, &output
		agents[i] = agent
		must(t, agent.Start())
		go func() {
			_ = agent.Wait() // how it ended is in its state
			results <- ended{agent, output.String()}
		}()
	}
	refused := map[*exec.Cmd]bool{}
	for range many - 1 {
		loser := <-results
		refused[loser.agent] = true
		if code := loser.agent.ProcessState.ExitCode(); code != 1 || !strings.Contains(loser.output, "is being written by process") {
			t.Errorf("an agent ended with exit status %d:\n%s", code, loser.output)
		}
	}
	for _, agent := range agents {
		if !refused[agent] {
			must(t, agent.Process.Kill())
		}
	}
	winner := <-results
	if !strings.Contains(winner.output, "run night, starting from HEAD") {
		t.Errorf("the winner did nothing:\n%s", winner.output)
	}
}
