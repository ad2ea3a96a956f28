package proc

import "runtime"

// usableCPUs are the machine's processors.
func usableCPUs() []int {
	cpus := make([]int, runtime.NumCPU())
	for i := range cpus {
		cpus[i] = i
	}
	return cpus
}

// onCPUs just does it: macOS ties nothing to processors.
func onCPUs(_ []int, do func() error) error { return do() }
