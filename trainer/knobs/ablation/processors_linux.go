package main

import (
	"fmt"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
)

// processorShares parts the processors among so many trainings at a time; shares
// are nil, for no restriction, where there are fewer processors. A process in a
// container may see more of them than it may use, which GOMAXPROCS knows.
func processorShares(jobs int) [][]int {
	shares := make([][]int, jobs)
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return shares
	}
	var processors []int
	for i := 0; len(processors) < allowed.Count(); i++ {
		if allowed.IsSet(i) {
			processors = append(processors, i)
		}
	}
	usable := min(runtime.GOMAXPROCS(0), len(processors))
	each := usable / jobs
	for job := range shares {
		for i := range each {
			shares[job] = append(shares[job], processors[(job*each+i)*len(processors)/usable])
		}
	}
	return shares
}

// startOn starts a command on some processors alone: a process begins with the
// affinity of the thread that starts it.
func startOn(command *exec.Cmd, processors []int) error {
	if len(processors) == 0 {
		return command.Start()
	}
	var before, share unix.CPUSet
	for _, processor := range processors {
		share.Set(processor)
	}
	runtime.LockOSThread()
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("read the thread's processors: %w", err)
	}
	if err := unix.SchedSetaffinity(0, &share); err != nil {
		return fmt.Errorf("choose processors %v: %w", processors, err)
	}
	started := command.Start()
	if err := unix.SchedSetaffinity(0, &before); err != nil {
		return fmt.Errorf("give the thread its processors back: %w", err) // it stays locked and ends with its goroutine
	}
	runtime.UnlockOSThread()
	return started
}
