package sandbox

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	// reportFD is where Init reports. It closes when the program starts.
	reportFD = 3
	// exitInit is the exit status of an Init that failed.
	exitInit = 125
)

// Init restricts this process as its arguments say and becomes the program that
// they name. It has to be the first that a process does whose name (os.Args[0])
// is [InitName], and never returns.
func Init() {
	runtime.LockOSThread() // what is set on one thread is what that thread becomes
	report := os.NewFile(reportFD, "report")
	syscall.CloseOnExec(reportFD)
	code, err := initialize()
	if err != nil {
		_, _ = fmt.Fprint(report, err) // whoever would read it is gone, if this fails
		code = exitInit
	}
	os.Exit(code)
}

// initialize returns only in processes that don't become the program.
func initialize() (int, error) {
	if len(os.Args) != 2 {
		return 0, fmt.Errorf("%s is started by agent only", InitName)
	}
	p, err := parsePlan(os.Args[1])
	if err != nil {
		return 0, err
	}
	if p.Level == Namespaces && !p.Inside {
		return enter(p)
	}
	if p.Inside {
		if err := isolateFiles(p.Grant); err != nil {
			return 0, err
		}
	}
	if err := restrict(p); err != nil {
		return 0, err
	}
	if p.Path == "" {
		return 0, mustBeTight()
	}
	err = syscall.Exec(p.Path, append([]string{p.Path}, p.Args...), os.Environ())
	return 0, fmt.Errorf("start %s: %w", p.Path, err)
}

// enter starts this program once more, as the first process of new namespaces,
// and ends as that does. A process in between is needed because one whose memory
// is hidden, as the agent's, may not set up a user namespace.
func enter(p plan) (int, error) {
	p.Inside = true
	text, err := p.encode()
	if err != nil {
		return 0, err
	}
	child := exec.Command("/proc/self/exe") //nolint:noctx // it ends with its parent
	child.Args = []string{InitName, text}
	child.Env = os.Environ()
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	child.ExtraFiles = []*os.File{os.NewFile(reportFD, "report")}
	child.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID |
			syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	if err := child.Start(); err != nil {
		return 0, fmt.Errorf("make namespaces: %w", err)
	}
	passOn(child.Process)
	err = child.Wait()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return 128 + int(status.Signal()), nil
		}
		return exit.ExitCode(), nil
	}
	return 0, err
}

// restrict gives up all that the program may not have, for good.
func restrict(p plan) error {
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("tie the process to its parent: %w", err)
	}
	if err := p.Grant.Limits.set(); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up new privileges: %w", err)
	}
	if p.LandlockABI > 0 {
		if err := restrictFiles(p.LandlockABI, p.Grant); err != nil {
			return err
		}
	}
	if p.Grant.Dir != "" {
		if err := os.Chdir(p.Grant.Dir); err != nil {
			return fmt.Errorf("enter the working folder: %w", err)
		}
	}
	if err := dropCapabilities(); err != nil {
		return err
	}
	return restrictCalls(p.Grant.Processes)
}

// mustBeTight tries, from within, what no sandbox may let through.
func mustBeTight() error {
	if fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0); err == nil {
		_ = unix.Close(fd)
		return errors.New("check the sandbox: a socket could be opened in it")
	}
	if entries, err := os.ReadDir("/root"); err == nil && len(entries) > 0 {
		return errors.New("check the sandbox: /root could be read in it")
	}
	if err := unix.Unshare(unix.CLONE_NEWUTS); err == nil {
		return errors.New("check the sandbox: a namespace could be made in it")
	}
	return nil
}
