package proc

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// usableCPUs are the processors that this process may use.
func usableCPUs() []int {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return []int{0}
	}
	var cpus []int
	for cpu := range len(set) * 64 {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus
}

// onCPUs does something while this thread, and so what it starts, may use these
// processors alone; none are no restriction. The caller holds the thread.
func onCPUs(cpus []int, do func() error) error {
	if len(cpus) == 0 {
		return do()
	}
	var before, share unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("read the thread's processors: %w", err)
	}
	for _, cpu := range cpus {
		share.Set(cpu)
	}
	if err := unix.SchedSetaffinity(0, &share); err != nil {
		return fmt.Errorf("choose the thread's processors: %w", err)
	}
	return errors.Join(do(), unix.SchedSetaffinity(0, &before))
}
