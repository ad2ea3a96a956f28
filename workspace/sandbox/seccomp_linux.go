package sandbox

import (
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"
)

// restrictCalls has the kernel refuse system calls for good.
func restrictCalls(processes bool) error {
	machine, err := arch.GetInfo("")
	if err != nil {
		return fmt.Errorf("restrict system calls: %w", err)
	}
	for _, policy := range policies(machine.SyscallNames, processes, os.Getpid()) {
		err := seccomp.LoadFilter(seccomp.Filter{NoNewPrivs: true, Flag: seccomp.FilterFlagTSync, Policy: policy})
		if err != nil {
			return fmt.Errorf("restrict system calls: %w", err)
		}
	}
	return nil
}

// policies are all filters to be loaded, in this order; the strictest answer
// counts. pid is the process that the program will be.
func policies(known map[string]int, processes bool, pid int) []seccomp.Policy {
	var all []seccomp.Policy
	conditions := noHiding()
	if !processes {
		conditions = append(conditions, noProcesses(pid)...)
	}
	for _, condition := range conditions {
		if _, found := known[condition.Name]; found {
			all = append(all, conditional(condition))
		}
	}
	return append(all, listed(known, processes)) // refuses further filters, so it is the last
}

// conditional refuses a call with certain arguments. Each such call takes a filter
// of its own: the library compares what follows a condition with the argument it
// has looked at, not with the call's number.
func conditional(call seccomp.NameWithConditions) seccomp.Policy {
	return seccomp.Policy{
		DefaultAction: seccomp.ActionAllow,
		Syscalls: []seccomp.SyscallGroup{
			{NamesWithCondtions: []seccomp.NameWithConditions{call}, Action: seccomp.ActionErrno},
		},
	}
}

// listed allows what is known for the processor and not refused. All else is
// refused, calls of another processor's kind first of all: a filter that allowed
// by default would let these through.
func listed(known map[string]int, processes bool) seccomp.Policy {
	refused := refusedCalls()
	absent := absentCalls()
	if !processes {
		refused = append(refused, refusedWithoutProcesses()...)
		absent = append(absent, "clone3") // its flags can't be looked at; C libraries then use clone
	}
	unknown := func(name string) bool { _, found := known[name]; return !found }
	refused = slices.DeleteFunc(refused, unknown)
	absent = slices.DeleteFunc(absent, unknown)
	unsupported := slices.DeleteFunc([]string{"fallocate"}, unknown) // which holds any amount of disk at once; programs then write
	allowed := slices.DeleteFunc(slices.Sorted(maps.Keys(known)), func(name string) bool {
		return slices.Contains(refused, name) || slices.Contains(absent, name) || slices.Contains(unsupported, name)
	})
	return seccomp.Policy{
		DefaultAction: seccomp.ActionErrno, // EPERM
		Syscalls: []seccomp.SyscallGroup{
			{Names: absent, Action: seccomp.ActionErrno | seccomp.Action(unix.ENOSYS)},
			{Names: unsupported, Action: seccomp.ActionErrno | seccomp.Action(unix.EOPNOTSUPP)},
			{Names: allowed, Action: seccomp.ActionAllow},
		},
	}
}

// noProcesses refuses to make a process (but not a thread), to signal or limit others,
// and to control files and devices.
func noProcesses(pid int) []seccomp.NameWithConditions {
	const first, second = 0, 1
	isNot := func(value int) seccomp.Condition {
		return seccomp.Condition{Argument: first, Operation: seccomp.NotEqual, Value: uint64(value)}
	}
	var noPlainRequest seccomp.ArgumentConditions
	for _, request := range plainRequests() {
		noPlainRequest = append(noPlainRequest, seccomp.Condition{Argument: second, Operation: seccomp.NotEqual, Value: request})
	}
	noThread := seccomp.Condition{Argument: first, Operation: seccomp.BitsNotSet, Value: unix.CLONE_THREAD}
	return []seccomp.NameWithConditions{
		{Name: "clone", Conditions: seccomp.ArgumentConditions{noThread}},
		{Name: "ioctl", Conditions: noPlainRequest},
		{Name: "kill", Conditions: seccomp.ArgumentConditions{isNot(pid)}}, // 0 would be the process group
		{Name: "tgkill", Conditions: seccomp.ArgumentConditions{isNot(pid)}},
		{Name: "prlimit64", Conditions: seccomp.ArgumentConditions{isNot(pid), isNot(0)}},
	}
}

// noHiding refuses what keeps a file's blocks, or a process, out of the agent's sight:
// waiting for a lock, which holds a file that has neither a name nor a descriptor;
// tables of descriptors of a thread's own; news of what the agent looks at.
func noHiding() []seccomp.NameWithConditions {
	const (
		first, second        = 0, 1
		waitForOpenFilesLock = 38 // F_OFD_SETLKW
	)
	all := []seccomp.NameWithConditions{
		{Name: "clone", Conditions: seccomp.ArgumentConditions{
			{Argument: first, Operation: seccomp.BitsSet, Value: unix.CLONE_THREAD},
			{Argument: first, Operation: seccomp.BitsNotSet, Value: unix.CLONE_FILES},
		}},
		{Name: "prctl", Conditions: isNumber(first, unix.PR_SET_DUMPABLE)},
	}
	for _, request := range blockRequests() {
		all = append(all, seccomp.NameWithConditions{Name: "ioctl", Conditions: isNumber(second, request)})
	}
	for _, command := range []uint32{unix.F_SETLKW, waitForOpenFilesLock, unix.F_NOTIFY, unix.F_SETLEASE} {
		all = append(all, seccomp.NameWithConditions{Name: "fcntl", Conditions: isNumber(second, command)})
	}
	return all
}

// blockRequests are what ioctl(2) can do to files so that they take blocks at once, or
// can't be removed.
func blockRequests() []uint32 {
	return []uint32{
		0x40305828, 0x4030582a, 0x40305839, // FS_IOC_RESVSP, FS_IOC_RESVSP64, FS_IOC_ZERO_RANGE: fallocate by other names
		0x401c5820, 0x40086602, // FS_IOC_FSSETXATTR, FS_IOC_SETFLAGS: sizes of extents, projects
		0x5000940e, 0x50009418, 0x50009401, 0x50009417, // BTRFS_IOC_SUBVOL_CREATE, SNAP_CREATE: may be read-only
	}
}

// plainRequests are all that a program needs of ioctl(2) that has no devices: whether a
// file is a terminal, how much can be read, whether to wait.
func plainRequests() []uint64 {
	return []uint64{
		unix.TCGETS, 0x802c542a /* TCGETS2 */, unix.TIOCGWINSZ, unix.TIOCGPGRP, unix.TIOCINQ,
		0x5421, 0x5450, 0x5451, // FIONBIO, FIONCLEX, FIOCLEX
	}
}

// isNumber compares an argument's lower half with a number. The kernel drops the upper
// one of such an argument, so a comparison of the whole would be no obstacle.
func isNumber(argument, value uint32) seccomp.ArgumentConditions {
	all := seccomp.ArgumentConditions{{Argument: argument, Operation: seccomp.BitsNotSet, Value: uint64(^value)}}
	for bit := uint32(1); bit != 0; bit <<= 1 {
		if value&bit != 0 {
			all = append(all, seccomp.Condition{Argument: argument, Operation: seccomp.BitsSet, Value: uint64(bit)})
		}
	}
	return all
}

// absentCalls are those that programs do without where a kernel hasn't got them. They
// wait at a full pipe, and hold a file meanwhile.
func absentCalls() []string { return []string{"sendfile", "splice", "tee", "vmsplice"} }

// refusedCalls are what neither a trainer nor the go command has a use for.
func refusedCalls() []string {
	return slices.Concat(
		// the network, and what reaches programs outside by other means
		[]string{
			"socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg", "sendmmsg",
			"recvfrom", "recvmsg", "recvmmsg", "getsockopt", "setsockopt",
			"io_uring_setup", "io_uring_enter", "io_uring_register",
			"shmget", "shmat", "shmctl", "msgget", "msgsnd", "msgrcv", "msgctl", "semget", "semop", "semtimedop", "semctl",
			"mq_open", "mq_unlink", "mq_notify",
		},
		// other processes' memory and files
		[]string{
			"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "kcmp",
			"pidfd_open", "pidfd_getfd", "pidfd_send_signal", "open_by_handle_at", "name_to_handle_at",
			"userfaultfd", "perf_event_open", "bpf", "add_key", "request_key", "keyctl", "fanotify_init",
			"inotify_init", "inotify_init1", "inotify_add_watch",
		},
		// the file tree and namespaces
		[]string{
			"mount", "umount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount",
			"fspick", "mount_setattr", "unshare", "setns", "mknod", "mknodat",
		},
		// what holds files that have no name any more: a set of rules does
		[]string{"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"},
		// the machine
		[]string{
			"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff",
			"syslog", "acct", "quotactl", "quotactl_fd", "settimeofday", "clock_settime", "clock_settime64", "clock_adjtime",
			"adjtimex", "sethostname", "setdomainname", "iopl", "ioperm", "modify_ldt", "vhangup", "personality", "seccomp",
			"lookup_dcookie", "nfsservctl", "uselib", "_sysctl",
		},
	)
}

// refusedWithoutProcesses are what the go command needs and a trainer doesn't.
// Landlock looks at none of those that change a file's mode, owner or times.
func refusedWithoutProcesses() []string {
	return []string{
		"fork", "vfork", "tkill", "setpgid", "setsid", "memfd_create", "memfd_secret",
		"chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat",
		"utime", "utimes", "utimensat", "futimesat",
		"setxattr", "lsetxattr", "fsetxattr", "setxattrat", "removexattr", "lremovexattr", "fremovexattr", "removexattrat",
		"link", "linkat", "symlink", "symlinkat",
		"setpriority", "ioprio_set", "sched_setscheduler", "sched_setattr", "sched_setparam",
	}
}
