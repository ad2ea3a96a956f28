package sandbox

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// set makes the limits those of this process and of all that come of it.
func (l Limits) set() error {
	for _, limit := range []struct {
		name     string
		resource int
		value    uint64
		none     bool // zero means zero
	}{
		{"core dumps", unix.RLIMIT_CORE, 0, true},
		{"memory", unix.RLIMIT_DATA, l.MemoryBytes, false},
		{"file size", unix.RLIMIT_FSIZE, l.FileBytes, false},
		{"threads", unix.RLIMIT_NPROC, l.Threads, false},
		{"open files", unix.RLIMIT_NOFILE, l.OpenFiles, false},
		{"locked memory", unix.RLIMIT_MEMLOCK, 64 << 20, false},
	} {
		if limit.value == 0 && !limit.none {
			continue
		}
		var now unix.Rlimit
		if err := unix.Getrlimit(limit.resource, &now); err != nil {
			return fmt.Errorf("limit %s: %w", limit.name, err)
		}
		value := min(limit.value, now.Max)
		if err := unix.Setrlimit(limit.resource, &unix.Rlimit{Cur: value, Max: value}); err != nil {
			return fmt.Errorf("limit %s: %w", limit.name, err)
		}
	}
	// When memory runs out all the same, this process goes first.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0) // a /proc that can't be written is no reason to stop
	return nil
}

// dropCapabilities leaves a process nothing of root's powers, nor a way back to
// them by starting another program.
func dropCapabilities() error {
	for capability := uintptr(0); capability <= unix.CAP_LAST_CAP; capability++ {
		// An error: the bounding set lacks it, or nothing may be dropped from it,
		// because there are no powers.
		_ = unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0)
	}
	_ = unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&header, &none[0]); err != nil {
		return fmt.Errorf("give up capabilities: %w", err)
	}
	return nil
}
