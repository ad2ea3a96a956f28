package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Detect finds the strictest level that works here, or checks that the one asked
// for does, by starting a process at it. The error is [ErrNone], with the reasons
// and what to do about them.
func Detect(ctx context.Context, mode string) (Sandbox, error) {
	if mode == string(Off) {
		return Sandbox{Level: Off}, nil
	}
	version := landlockVersion()
	var reasons []string
	if mode == Auto || mode == string(Namespaces) {
		found := Sandbox{Level: Namespaces, LandlockABI: version}
		err := found.try(ctx)
		if err == nil {
			return found, nil
		}
		reasons = append(reasons, "namespaces: "+err.Error())
	}
	if mode == Auto || mode == string(Landlock) {
		found := Sandbox{Level: Landlock, LandlockABI: version, Missed: strings.Join(reasons, "; ")}
		err := errors.New("the kernel has no Landlock 3 (Linux 6.2), or it is off")
		if version > 0 {
			err = found.try(ctx)
		}
		if err == nil {
			return found, nil
		}
		reasons = append(reasons, "landlock: "+err.Error())
	}
	return Sandbox{}, fmt.Errorf("%w: %s; allow unprivileged user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0 on Ubuntu) or enable Landlock (lsm=landlock,… on the kernel's command line); --sandbox off runs experiments with all your rights",
		ErrNone, strings.Join(reasons, "; "))
}

// try starts a process that restricts itself, checks from within that nothing is
// open that must not be, and ends.
func (s Sandbox) try(ctx context.Context) error {
	const patience = 20 * time.Second
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	command, err := s.Command(ctx, Grant{}, "")
	if err != nil {
		return err
	}
	var output bytes.Buffer
	command.Stderr = &output
	command.Env = []string{}
	err = errors.Join(command.Start(), command.Started())
	if err == nil {
		err = command.Wait()
	}
	if problem := command.Problem(); problem != nil {
		return problem
	}
	if err != nil {
		return fmt.Errorf("%w %s", err, strings.TrimSpace(output.String()))
	}
	return nil
}
