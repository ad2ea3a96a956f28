package sandbox

import (
	"slices"
	"testing"

	"github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
)

// TestListedRefusesByDefault holds the filter to what its library makes dangerous:
// a list that allows by default lets the calls of other processors' kinds through,
// and a condition before other comparisons spoils these.
func TestListedRefusesByDefault(t *testing.T) {
	for _, machine := range []*arch.Info{arch.X86_64, arch.AARCH64} {
		for _, processes := range []bool{false, true} {
			all := policies(machine.SyscallNames, processes, 7)
			last := all[len(all)-1]
			if last.DefaultAction != seccomp.ActionErrno {
				t.Errorf("%s: the default is %v", machine.Name, last.DefaultAction)
			}
			allowed := last.Syscalls[len(last.Syscalls)-1].Names
			for _, name := range []string{"socket", "io_uring_setup", "ptrace", "mount", "unshare", "seccomp", "bpf", "setns"} {
				if slices.Contains(allowed, name) {
					t.Errorf("%s: %s is allowed", machine.Name, name)
				}
			}
			for _, name := range []string{"read", "write", "openat", "mmap", "futex", "execve", "clone", "exit_group", "renameat", "fsync"} {
				if !slices.Contains(allowed, name) {
					t.Errorf("%s: %s is refused", machine.Name, name)
				}
			}
			if got := slices.Contains(allowed, "fchmodat"); got != processes {
				t.Errorf("%s, processes %v: fchmodat allowed is %v", machine.Name, processes, got)
			}
			for _, policy := range all[:len(all)-1] {
				if policy.DefaultAction != seccomp.ActionAllow || len(policy.Syscalls) != 1 || len(policy.Syscalls[0].NamesWithCondtions) != 1 {
					t.Errorf("%s: a filter with a condition has more than that: %+v", machine.Name, policy)
				}
			}
			for _, policy := range all {
				if _, err := policy.Assemble(); err != nil && machine.Name == "x86_64" {
					t.Errorf("%s: %v", machine.Name, err)
				}
			}
		}
	}
}
