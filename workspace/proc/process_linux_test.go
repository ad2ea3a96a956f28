package proc

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestAKilledAgentLeavesNoTrainerBehind(t *testing.T) {
	agent := exec.Command(os.Args[0])
	agent.Env = append(os.Environ(), childVariable+"=agent")
	output, err := agent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	trainer, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := agent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = agent.Wait() // Killed, which is no news.
	wantDead(t, []string{strings.TrimSpace(trainer)})
}
