package proc

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

const maxrssUnit = 1 // getrusage(2): macOS counts bytes.

// processAttributes puts a child into a process group of its own.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// family is a process with its descendants, as far as they stay in its process
// group: macOS offers no way to find the others.
type family struct{ mark string }

func newFamily() family { return family{mark: "TERNLAB_PROCESS=1"} }

func (family) kill(leader int) error {
	killGroup(leader)
	return nil
}

// killMarked finds nothing: macOS doesn't show environments.
func (family) killMarked() (int, error) { return 0, nil }

// processes lists the leader alone: macOS offers no way to find the others without C.
func (family) processes(leader int, _ bool) []int { return []int{leader} }

// leaderOf tells a process apart from later ones by the time of its start.
func leaderOf(pid int) Leader {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return Leader{PID: pid}
	}
	start := info.Proc.P_starttime
	return Leader{PID: pid, Started: fmt.Sprintf("%d.%06d", start.Sec, start.Usec)}
}

// residentMemory is not known: macOS offers no way to ask without C.
func residentMemory([]int) uint64 { return 0 }
