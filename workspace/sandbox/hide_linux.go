package sandbox

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// HideMemory keeps other processes of the same user from reading this one's
// memory and environment through /proc, or tracing it. Root can't be kept out;
// from programs in the sandbox /proc is.
func HideMemory() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("hide the agent's memory: %w", err)
	}
	return nil
}
