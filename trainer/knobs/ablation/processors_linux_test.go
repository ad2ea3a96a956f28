package main

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

func TestTrainingsHaveProcessorsOfTheirOwn(t *testing.T) {
	jobs := runtime.GOMAXPROCS(0)
	seen := map[string]bool{}
	for _, share := range processorShares(jobs) {
		if len(share) != 1 {
			t.Fatalf("a share of %d among %d is %v, want one processor", jobs, jobs, share)
		}
		status, err := output(exec.CommandContext(t.Context(), "grep", "Cpus_allowed_list", "/proc/self/status"), share)
		if err != nil {
			t.Fatal(err)
		}
		allowed := strings.TrimSpace(strings.TrimPrefix(status, "Cpus_allowed_list:"))
		if strings.ContainsAny(allowed, "-,") || seen[allowed] {
			t.Errorf("a command ran on processors %s, want one that no other has", allowed)
		}
		seen[allowed] = true
	}
	if shares := processorShares(jobs + 1); len(shares) != jobs+1 || shares[0] != nil {
		t.Errorf("shares of %d among %d are %v, want no restriction", jobs, jobs+1, shares)
	}
}
