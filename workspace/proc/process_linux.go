package proc

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

const maxrssUnit = 1024 // getrusage(2): Linux counts KiB.

// processAttributes puts a child into a process group of its own, and has the
// kernel kill it when the agent dies.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// family is a process with all its descendants. They inherit a mark in their
// environment, by which those are found that left the process group.
type family struct{ mark string }

func newFamily() family { return family{mark: "TERNLAB_PROCESS=" + rand.Text()} }

// kill ends the process group of leader, then every process that bears the
// mark.
func (f family) kill(leader int) error {
	killGroup(leader)
	_, err := f.killMarked()
	return err
}

// killMarked ends every process that bears the mark, until two looks at all
// processes find none: in the midst of execve(2) a process shows no environment.
func (f family) killMarked() (killed int, err error) {
	const looks = 1000 // A bound for a family that forks faster than we kill.
	quiet := 0
	seen := map[int]bool{}
	for range looks {
		marked, err := f.find()
		if err != nil {
			return len(seen), err
		}
		if len(marked) > 0 {
			quiet = 0
		} else if quiet++; quiet == 2 {
			return len(seen), nil
		}
		for _, pid := range marked {
			seen[pid] = true
			_ = syscall.Kill(pid, syscall.SIGKILL) // It may be gone already.
		}
	}
	return len(seen), fmt.Errorf("kill descendants: still some alive after %d rounds", looks)
}

// find lists the processes that bear the mark. Dead ones that nobody has waited
// for have no environment any more; those of other users can't be ours.
func (f family) find() ([]int, error) {
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("find descendants: /proc is not mounted")
	}
	var marked []int
	for _, file := range files {
		environment, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(slices.Concat([]byte{0}, environment), []byte("\x00"+f.mark+"\x00")) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			return nil, err
		}
		marked = append(marked, pid)
	}
	return marked, nil
}

// leaderOf tells a process apart from later ones by when it started: the
// machine's start, and the ticks of the kernel's clock since then.
func leaderOf(pid int) Leader {
	const started = 22 - 3 // of the fields in proc(5), counted from the one behind the name
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return Leader{PID: pid}
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Leader{PID: pid}
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // the name may hold anything
	if len(fields) <= started {
		return Leader{PID: pid}
	}
	return Leader{PID: pid, Started: fmt.Sprintf("%s %s", bytes.TrimSpace(boot), fields[started])}
}

// residentMemory is what processes hold in memory or swap, in bytes; 0 for one that is
// gone. What they share counts for each.
func residentMemory(processes []int) uint64 {
	total := uint64(0)
	for _, member := range processes {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", member))
		if err != nil {
			continue // ended
		}
		for line := range bytes.Lines(status) {
			fields := bytes.Fields(line)
			if len(fields) == 3 && (string(fields[0]) == "VmRSS:" || string(fields[0]) == "VmSwap:") {
				kibibytes, err := strconv.ParseUint(string(fields[1]), 10, 64)
				if err == nil {
					total += kibibytes << 10
				}
			}
		}
	}
	return total
}

// processes lists a leader and all that came of it. Where it may start processes, some
// may have lost their parents; they are found by their mark.
func (f family) processes(leader int, starts bool) []int {
	members := withDescendants(leader)
	if !starts {
		return members
	}
	marked, _ := f.find() // without /proc there is nothing to look at
	slices.Sort(members)
	var orphans []int
	for _, pid := range marked {
		if _, found := slices.BinarySearch(members, pid); !found {
			orphans = append(orphans, pid)
		}
	}
	return append(members, orphans...)
}

// withDescendants lists a process and those that came of it, as far as their
// parents live.
func withDescendants(pid int) []int {
	family := []int{pid}
	for i := 0; i < len(family); i++ {
		lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", family[i]))
		if err != nil {
			return family
		}
		for _, list := range lists {
			children, err := os.ReadFile(list)
			if err != nil {
				continue // ended
			}
			for _, field := range bytes.Fields(children) {
				if child, err := strconv.Atoi(string(field)); err == nil {
					family = append(family, child)
				}
			}
		}
	}
	return family
}
