package sandbox

import (
	"bytes"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// passOn hands a child what a terminal or a person sends to end it, or to stop it:
// the first process of a namespace ignores what it has no handler for.
func passOn(child *os.Process) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGTSTP)
	go func() {
		runtime.LockOSThread()
		for received := range signals {
			switch {
			case received != syscall.SIGTSTP:
				_ = child.Signal(received) // it may have ended
			case isWaitedFor():
				_ = child.Signal(syscall.SIGSTOP)
				// Sent to this thread, so that it goes on only once a shell says so.
				_ = unix.Tgkill(os.Getpid(), unix.Gettid(), syscall.SIGSTOP)
				_ = child.Signal(syscall.SIGCONT)
			}
		}
	}()
}

// isWaitedFor tells whether a shell could continue this process after a terminal has
// stopped it: one of the same session, above the group that gets the signal.
func isWaitedFor() bool {
	session, err := unix.Getsid(0)
	if err != nil {
		return false
	}
	for pid := os.Getppid(); pid > 0; pid = parentOf(pid) {
		group, err := unix.Getpgid(pid)
		if err != nil {
			return false
		}
		if group != unix.Getpgrp() {
			above, err := unix.Getsid(pid)
			return err == nil && above == session
		}
	}
	return false
}

// parentOf is a process's parent, 0 where there is none.
func parentOf(pid int) int {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // the name may hold anything
	if len(fields) < 2 {
		return 0
	}
	parent, err := strconv.Atoi(string(fields[1]))
	if err != nil {
		return 0
	}
	return parent
}
