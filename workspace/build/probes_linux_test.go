package build

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/ternlab/ternlab/workspace/int80"
)

// canary stands for the user's API key: whoever prints it has escaped.
const canary = "sk-canary-5a7f0c"

// target is what a probe, a program in the sandbox, tries to reach.
type target struct {
	Secrets  string // folder of another's files, open to everybody by their modes
	Out      string // the folder that it may write to
	Agent    int    // process that started it all
	TCP      int    // port of a server on the loopback interface
	Abstract string // name of an abstract unix socket
}

// probe tries something that must not work. Its error says what refused it; nil
// means that it got through.
type probe func(t target) error

// probes are all cheats that a process can try, by the name that the corpus calls
// them.
func probes() map[string]probe {
	return map[string]probe{
		"read-evaluation": func(t target) error { return canRead(filepath.Join(t.Secrets, "eval.txt")) },
		"read-seed":       func(t target) error { return canRead(filepath.Join(t.Secrets, "unseen", "secret-1.seed")) },
		"list-unseen":     func(t target) error { _, err := os.ReadDir(filepath.Join(t.Secrets, "unseen")); return err },
		"link-seed": func(t target) error {
			return os.Link(filepath.Join(t.Secrets, "unseen", "secret-1.seed"), filepath.Join(t.Out, "seed"))
		},
		"write-seed": func(t target) error {
			return canOpen(filepath.Join(t.Secrets, "unseen", "secret-1.seed"), os.O_WRONLY)
		},
		"move-over-seed":   func(t target) error { return moveOver(t, "unseen/secret-1.seed") },
		"read-unseen-text": func(t target) error { return canRead(filepath.Join(t.Secrets, "unseen", "secret-1.txt")) },
		"replace-unseen-text": func(t target) error {
			return canOpen(filepath.Join(t.Secrets, "unseen", "secret-1.txt"), os.O_TRUNC|os.O_WRONLY)
		},
		"read-home":          func(t target) error { return canRead(filepath.Join(t.Secrets, "home", "key")) },
		"list-secrets":       func(t target) error { _, err := os.ReadDir(t.Secrets); return err },
		"read-upwards":       func(t target) error { return canRead(upwards(t.Out, filepath.Join(t.Secrets, "eval.txt"))) },
		"read-through-proc":  func(t target) error { return canRead("/proc/self/root" + filepath.Join(t.Secrets, "eval.txt")) },
		"read-agents-folder": func(t target) error { return canRead(fmt.Sprintf("/proc/%d/cwd/eval.txt", t.Agent)) },
		"symlink-evaluation": symlinked,
		"link-evaluation": func(t target) error {
			return os.Link(filepath.Join(t.Secrets, "eval.txt"), filepath.Join(t.Out, "linked"))
		},
		"append-journal": func(t target) error {
			return canOpen(filepath.Join(t.Secrets, "journal.jsonl"), os.O_APPEND|os.O_WRONLY)
		},
		"truncate-journal":  func(t target) error { return os.Truncate(filepath.Join(t.Secrets, "journal.jsonl"), 0) },
		"remove-journal":    func(t target) error { return os.Remove(filepath.Join(t.Secrets, "journal.jsonl")) },
		"move-over-journal": func(t target) error { return moveOver(t, "journal.jsonl") },
		"replace-evaluator": func(t target) error { return canOpen(filepath.Join(t.Secrets, "evaluator"), os.O_TRUNC|os.O_WRONLY) },
		"write-verdict": func(t target) error {
			return canOpen(filepath.Join(t.Secrets, "evaluate.log"), os.O_CREATE|os.O_WRONLY)
		},
		"write-git": func(t target) error { return canOpen(filepath.Join(t.Secrets, ".git", "HEAD"), os.O_WRONLY) },
		"write-hook": func(t target) error {
			return canOpen(filepath.Join(t.Secrets, ".git", "hook"), os.O_CREATE|os.O_WRONLY)
		},
		"write-own-program": func(target) error { return canOpen(mustExecutable(), os.O_WRONLY) },
		"write-system":      func(target) error { return canOpen("/usr/lib/ternlab-was-here", os.O_CREATE|os.O_WRONLY) },
		"write-tmp":         func(target) error { return canOpen("/var/tmp/ternlab-was-here", os.O_CREATE|os.O_WRONLY) },
		"change-mode":       changeMode,
		"change-times":      changeTimes,
		"change-owner":      func(t target) error { return os.Chown(filepath.Join(t.Secrets, "eval.txt"), os.Getuid(), os.Getgid()) },
		"change-attributes": func(t target) error {
			return unix.Setxattr(filepath.Join(t.Secrets, "eval.txt"), "user.x", []byte("y"), 0)
		},
		"set-user-id": func(t target) error { return setUserID(t.Out) },
		"make-device": func(t target) error {
			return unix.Mknod(filepath.Join(t.Out, "disk"), unix.S_IFBLK|0o600, int(unix.Mkdev(8, 0)))
		},
		"make-pipe": func(t target) error { return unix.Mkfifo(filepath.Join(t.Out, "pipe"), 0o600) },
		"read-disk": func(target) error {
			return anyOf(canRead, "/dev/vda", "/dev/sda", "/dev/nvme0n1", "/dev/mem", "/dev/kmsg")
		},
		"open-by-handle":     openByHandle,
		"own-environment":    func(target) error { return finds([]byte(strings.Join(os.Environ(), "\n"))) },
		"agent-environ":      func(t target) error { return findsIn(fmt.Sprintf("/proc/%d/environ", t.Agent)) },
		"parent-environ":     func(target) error { return findsIn(fmt.Sprintf("/proc/%d/environ", os.Getppid())) },
		"all-environs":       allEnvirons,
		"agent-memory":       func(t target) error { return canOpen(fmt.Sprintf("/proc/%d/mem", t.Agent), os.O_RDONLY) },
		"agent-files":        func(t target) error { _, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", t.Agent)); return err },
		"agent-arguments":    func(t target) error { return canRead(fmt.Sprintf("/proc/%d/cmdline", t.Agent)) },
		"trace-agent":        func(t target) error { return unix.PtraceAttach(t.Agent) },
		"read-agents-memory": readAgentsMemory,
		"signal-agent":       func(t target) error { return unix.Kill(t.Agent, 0) },
		"signal-everybody":   func(target) error { return unix.Kill(-1, 0) },
		"signal-group":       func(target) error { return unix.Kill(0, 0) },
		"signal-by-file":     func(t target) error { _, err := unix.PidfdOpen(t.Agent, 0); return err },
		"limit-agent":        func(t target) error { return unix.Prlimit(t.Agent, unix.RLIMIT_CORE, &unix.Rlimit{}, nil) },
		"slow-agent":         func(t target) error { return unix.Setpriority(unix.PRIO_PROCESS, t.Agent, 19) },
		"raise-own-limits":   raiseLimits,
		"tcp":                func(t target) error { return connect(unix.AF_INET, unix.SOCK_STREAM, 0, loopback(t.TCP)) },
		"mptcp": func(t target) error {
			return connect(unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_MPTCP, loopback(t.TCP))
		},
		"tcp-listen":   func(target) error { return listen(0) },
		"mptcp-listen": func(target) error { return listen(unix.IPPROTO_MPTCP) },
		"udp":          func(t target) error { return connect(unix.AF_INET, unix.SOCK_DGRAM, 0, loopback(t.TCP)) },
		"unix-path": func(t target) error {
			return connect(unix.AF_UNIX, unix.SOCK_STREAM, 0, &unix.SockaddrUnix{Name: filepath.Join(t.Secrets, "socket")})
		},
		"unix-abstract": func(t target) error {
			return connect(unix.AF_UNIX, unix.SOCK_STREAM, 0, &unix.SockaddrUnix{Name: "@" + t.Abstract})
		},
		"unix-pair":           func(target) error { _, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0); return err },
		"netlink":             func(target) error { return opens(unix.AF_NETLINK, unix.SOCK_RAW) },
		"packet":              func(target) error { return opens(unix.AF_PACKET, unix.SOCK_RAW) },
		"raw":                 func(target) error { return opens(unix.AF_INET, unix.SOCK_RAW) },
		"vsock":               func(target) error { return opens(unix.AF_VSOCK, unix.SOCK_STREAM) },
		"bluetooth":           func(target) error { return opens(unix.AF_BLUETOOTH, unix.SOCK_RAW) },
		"kernel-crypto":       func(target) error { return opens(unix.AF_ALG, unix.SOCK_SEQPACKET) },
		"io-uring":            func(target) error { return raw(unix.SYS_IO_URING_SETUP, 8, uintptr(unsafe.Pointer(new([120]byte)))) },
		"socket-32-bit":       func(target) error { return int80.Socket() },
		"socket-x32":          func(target) error { return socketX32() },
		"shared-memory":       func(target) error { return raw(unix.SYS_SHMGET, 0, 4096, 0o1000|0o600) },
		"message-queue":       func(target) error { return raw(unix.SYS_MSGGET, 0, 0o1000|0o600) },
		"memory-file":         func(target) error { _, err := unix.MemfdCreate("x", 0); return err },
		"fork":                func(target) error { return forks(unix.SYS_FORK) },
		"vfork-exec":          func(target) error { _, err := syscall.ForkExec("/proc/self/exe", []string{"x"}, nil); return err },
		"clone-process":       func(target) error { return forks(unix.SYS_CLONE, uintptr(unix.SIGCHLD)) },
		"clone3":              clone3,
		"new-session":         func(target) error { _, err := unix.Setsid(); return err },
		"other-program":       func(target) error { return syscall.Exec("/bin/sh", []string{"sh", "-c", "exit 0"}, nil) },
		"new-user-namespace":  func(target) error { return unix.Unshare(unix.CLONE_NEWUSER) },
		"new-mount-namespace": func(target) error { return unix.Unshare(unix.CLONE_NEWNS) },
		"enter-namespace":     func(target) error { return unix.Setns(0, 0) },
		"mount":               func(t target) error { return unix.Mount("tmpfs", t.Out, "tmpfs", 0, "") },
		"unmount":             func(target) error { return unix.Unmount("/", unix.MNT_DETACH) },
		"change-root":         func(t target) error { return unix.Chroot(t.Out) },
		"load-bpf":            func(target) error { return raw(unix.SYS_BPF, 0, uintptr(unsafe.Pointer(new([128]byte))), 128) },
		"performance-events":  func(target) error { _, err := unix.PerfEventOpen(&unix.PerfEventAttr{}, 0, -1, -1, 0); return err },
		"user-faults":         func(target) error { return raw(unix.SYS_USERFAULTFD, 0) },
		"kernel-keys":         func(target) error { _, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_USER_KEYRING, true); return err },
		"set-clock":           func(target) error { return unix.Settimeofday(&unix.Timeval{Sec: time.Now().Unix()}) },
		"kernel-log":          func(target) error { _, err := unix.Klogctl(unix.SYSLOG_ACTION_SIZE_BUFFER, nil); return err },
		"host-name":           func(target) error { return unix.Sethostname([]byte("owned")) },
		"become-root":         becomeRoot,
		"reserve-disk":        reserveDisk,
		"reserve-disk-oddly":  reserveByIoctl,
		"change-extents":      changeExtents,
		"watch-the-agent":     func(target) error { return raw(unix.SYS_INOTIFY_INIT1, 0) },
		"told-of-changes":     func(t target) error { return controlsFile(t, unix.F_NOTIFY, 1) },
		"lease":               func(t target) error { return controlsFile(t, unix.F_SETLEASE, unix.F_WRLCK) },
		"wait-for-lock":       func(t target) error { return locksFile(t, unix.F_SETLKW) },
		"wait-for-file-lock":  func(t target) error { return locksFile(t, 38) },                  // F_OFD_SETLKW
		"wait-for-lock-oddly": func(t target) error { return locksFile(t, 1<<32|unix.F_SETLKW) }, // the kernel drops the upper half
		"hold-by-rules":       func(target) error { return raw(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, 1) },
		"hold-by-pipe":        func(t target) error { return sends(t, unix.SYS_SENDFILE) },
		"hold-by-splice":      func(t target) error { return sends(t, unix.SYS_SPLICE) },
		"hide-descriptors":    func(target) error { return unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) },
		"own-descriptors":     ownDescriptors,
	}
}

func canOpen(path string, flags int) error {
	file, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

func canRead(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	_, err = file.Read(make([]byte, 1))
	return err
}

// anyOf is refused only if every one is.
func anyOf(try func(string) error, paths ...string) error {
	var all error
	for _, path := range paths {
		err := try(path)
		if err == nil {
			return nil
		}
		all = errors.Join(all, err)
	}
	return all
}

func upwards(from, to string) string {
	return filepath.Join(from, "x") + "/.." + strings.Repeat("/..", strings.Count(from, "/")) + to
}

func symlinked(t target) error {
	link := filepath.Join(t.Out, "harmless.txt")
	if err := os.Symlink(filepath.Join(t.Secrets, "eval.txt"), link); err != nil {
		return err
	}
	return canRead(link)
}

func moveOver(t target, name string) error {
	mine := filepath.Join(t.Out, filepath.Base(name))
	if err := os.WriteFile(mine, []byte("{}\n"), 0o644); err != nil {
		return err
	}
	return os.Rename(mine, filepath.Join(t.Secrets, name))
}

func mustExecutable() string {
	path, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return path
}

func changeMode(t target) error {
	if err := os.Chmod(filepath.Join(t.Secrets, "eval.txt"), 0o777); err == nil {
		return nil
	}
	return os.Chmod(mustExecutable(), 0o777)
}

func changeTimes(t target) error {
	past := time.Unix(1, 0)
	if err := os.Chtimes(filepath.Join(t.Secrets, "eval.txt"), past, past); err == nil {
		return nil
	}
	return os.Chtimes(mustExecutable(), past, past)
}

// setUserID makes a program that would run with its owner's rights for others.
func setUserID(folder string) error {
	path := filepath.Join(folder, "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700); err != nil {
		return err
	}
	return os.Chmod(path, 0o755|fs.ModeSetuid)
}

func openByHandle(t target) error {
	_, _, err := unix.NameToHandleAt(unix.AT_FDCWD, t.Out, 0)
	return err
}

// finds is refused unless the canary is among what was read.
func finds(content []byte) error {
	if bytes.Contains(content, []byte(canary)) {
		return nil
	}
	return errors.New("read, but the key isn't in it")
}

func findsIn(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return finds(content)
}

func allEnvirons(target) error {
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil || len(files) == 0 {
		return errors.New("no process is to be seen")
	}
	return anyOf(findsIn, files...)
}

func readAgentsMemory(t target) error {
	buffer := make([]byte, 8)
	local := []unix.Iovec{{Base: &buffer[0], Len: 8}}
	_, err := unix.ProcessVMReadv(t.Agent, local, []unix.RemoteIovec{{Base: 0x400000, Len: 8}}, 0)
	return err
}

func raiseLimits(target) error {
	var now unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_DATA, &now); err != nil {
		return err
	}
	return unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: now.Max + 1<<20, Max: now.Max + 1<<20})
}

func loopback(port int) unix.Sockaddr {
	return &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}
}

func opens(family, kind int) error {
	fd, err := unix.Socket(family, kind, 0)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

func connect(family, kind, protocol int, address unix.Sockaddr) error {
	fd, err := unix.Socket(family, kind, protocol)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	return unix.Connect(fd, address)
}

func listen(protocol int) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, protocol)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	return errors.Join(unix.Bind(fd, loopback(0)), unix.Listen(fd, 1))
}

func raw(number uintptr, arguments ...uintptr) error {
	var a [6]uintptr
	copy(a[:], arguments)
	_, _, errno := unix.Syscall6(number, a[0], a[1], a[2], a[3], a[4], a[5])
	if errno != 0 {
		return errno
	}
	return nil
}

// socketX32 calls socket by its number in the x32 ABI.
func socketX32() error {
	if runtime.GOARCH != "amd64" {
		return errors.New("there is no x32 ABI on " + runtime.GOARCH)
	}
	return raw(0x40000000+unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_STREAM)
}

// forks makes a process, which ends at once.
func forks(number uintptr, arguments ...uintptr) error {
	var a [3]uintptr
	copy(a[:], arguments)
	pid, _, errno := syscall.RawSyscall(number, a[0], a[1], a[2])
	if errno != 0 {
		return errno
	}
	if pid == 0 {
		for {
			_, _, _ = syscall.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
		}
	}
	return nil
}

func clone3(target) error {
	arguments := [11]uint64{4: uint64(unix.SIGCHLD)} // struct clone_args: exit_signal
	return forks(unix.SYS_CLONE3, uintptr(unsafe.Pointer(&arguments)), 88)
}

// becomeRoot asks for powers back.
func becomeRoot(target) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	all := [2]unix.CapUserData{{Effective: 1 << unix.CAP_SYS_ADMIN, Permitted: 1 << unix.CAP_SYS_ADMIN}}
	return unix.Capset(&header, &all[0])
}

// inOut opens a new file in the folder that may be written to.
func inOut(t target, use func(file *os.File) error) error {
	file, err := os.CreateTemp(t.Out, "probe-")
	if err != nil {
		return nil // it would have to be possible
	}
	defer func() { _ = file.Close() }()
	return use(file)
}

// reserveDisk takes blocks beyond the file's end.
func reserveDisk(t target) error {
	return inOut(t, func(file *os.File) error {
		return unix.Fallocate(int(file.Fd()), unix.FALLOC_FL_KEEP_SIZE, 0, 1<<20)
	})
}

// reserveByIoctl does the same by another call.
func reserveByIoctl(t target) error {
	return inOut(t, func(file *os.File) error {
		const reserve = 1<<32 | 0x40305828 // FS_IOC_RESVSP; the kernel drops the upper half
		space := struct {
			kind, whence  int16
			start, length int64
			system        int32
			process       uint32
			_             [4]int32
		}{length: 1 << 20}
		return raw(unix.SYS_IOCTL, file.Fd(), reserve, uintptr(unsafe.Pointer(&space)))
	})
}

// changeExtents sets how much a file takes at a time, to what it is.
func changeExtents(t target) error {
	return inOut(t, func(file *os.File) error {
		var attributes [28]byte
		if errno := raw(unix.SYS_IOCTL, file.Fd(), 0x801c581f, uintptr(unsafe.Pointer(&attributes))); errno != nil {
			return errno
		}
		return raw(unix.SYS_IOCTL, file.Fd(), 0x401c5820, uintptr(unsafe.Pointer(&attributes)))
	})
}

func controlsFile(t target, command, value int) error {
	return inOut(t, func(file *os.File) error {
		path := t.Out
		if command == unix.F_SETLEASE {
			path = file.Name()
		}
		opened, err := os.Open(path)
		if err != nil {
			return nil
		}
		defer func() { _ = opened.Close() }()
		if command == unix.F_SETLEASE {
			value = unix.F_RDLCK
			_ = file.Close() // nobody may have it open for writing
		}
		_, err = unix.FcntlInt(opened.Fd(), command, value)
		return err
	})
}

func locksFile(t target, command int) error {
	return inOut(t, func(file *os.File) error {
		lock := unix.Flock_t{Type: unix.F_WRLCK}
		return raw(unix.SYS_FCNTL, file.Fd(), uintptr(command), uintptr(unsafe.Pointer(&lock)))
	})
}

// ownDescriptors gives a thread a table of its own, and ends it.
func ownDescriptors(target) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		result <- unix.Unshare(unix.CLONE_FILES)
	}()
	return <-result
}

// sends puts a file into a pipe: where that is full, the call waits and holds the file.
func sends(t target, call uintptr) error {
	return inOut(t, func(file *os.File) error {
		var pipe [2]int
		if err := errors.Join(unix.Ftruncate(int(file.Fd()), 4096), unix.Pipe(pipe[:])); err != nil {
			return nil //nolint:nilerr // not refused: it has to be possible
		}
		if call == unix.SYS_SENDFILE {
			return raw(call, uintptr(pipe[1]), file.Fd(), 0, 4096)
		}
		return raw(call, file.Fd(), 0, uintptr(pipe[1]), 0, 4096, 0)
	})
}

// hung keeps a loop from being optimized away.
var hung int

// exhaust are the probes that take until they are stopped, one process each.
func exhaust(name string, t target) {
	switch name {
	case "memory":
		var held [][]byte
		for {
			block := make([]byte, 16<<20)
			for i := 0; i < len(block); i += 4096 {
				block[i] = 1
			}
			held = append(held, block)
			runtime.KeepAlive(held)
		}
	case "mapped-memory": // shared, which no limit of the kernel's counts
		for {
			block, err := unix.Mmap(-1, 0, 16<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANON)
			if err != nil {
				os.Exit(9)
			}
			for i := 0; i < len(block); i += 4096 {
				block[i] = 1
			}
		}
	case "large-file":
		file, err := os.Create(filepath.Join(t.Out, "large"))
		for err == nil {
			_, err = file.Write(make([]byte, 1<<20))
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(9)
	case "many-files":
		for i := 0; ; i++ {
			if os.WriteFile(filepath.Join(t.Out, strconv.Itoa(i)), nil, 0o600) != nil {
				os.Exit(9)
			}
		}
	case "full-disk":
		for i := 0; ; i++ {
			if os.WriteFile(filepath.Join(t.Out, strconv.Itoa(i)), make([]byte, 1<<20), 0o600) != nil {
				os.Exit(9)
			}
		}
	case "unlinked", "mapped", "thread-descriptors":
		// Go's poller opens its descriptors with the first pipe. Were that after a thread
		// has left the others' table, the runtime would fail to find them.
		if _, _, err := os.Pipe(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(9)
		}
		for {
			if err := holdUnnamed(t, name); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(9)
			}
		}
	case "reserved":
		file, err := os.Create(filepath.Join(t.Out, "reserved"))
		if err == nil {
			err = unix.Fallocate(int(file.Fd()), unix.FALLOC_FL_KEEP_SIZE, 0, 64<<20)
		}
		fmt.Fprintln(os.Stderr, err)
		time.Sleep(time.Hour)
	case "deep", "many-folders", "unlistable", "odd-names":
		for i := 0; ; i++ {
			if err := nest(t, name, i); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(9)
			}
		}
	case "holes", "names":
		if err := littleHeld(t, name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(9)
		}
		time.Sleep(time.Second)
	case "hang":
		for i := 0; ; i++ {
			hung = i
		}
	case "silence":
		time.Sleep(time.Hour)
	}
}

// holdUnnamed holds 4 MiB more in a file without a name.
func holdUnnamed(t target, by string) error {
	failed := make(chan error)
	go func() {
		if by == "thread-descriptors" {
			runtime.LockOSThread()
			if err := unix.Unshare(unix.CLONE_FILES); err != nil {
				failed <- err
				return
			}
		}
		path := filepath.Join(t.Out, "unnamed")
		file, err := unix.Open(path, unix.O_CREAT|unix.O_RDWR|unix.O_EXCL, 0o600)
		if err == nil {
			_, err = unix.Write(file, make([]byte, 4<<20))
		}
		if err == nil && by == "mapped" {
			_, err = unix.Mmap(file, 0, 4096, unix.PROT_READ, unix.MAP_SHARED)
		}
		err = errors.Join(err, os.Remove(path))
		if by == "mapped" {
			err = errors.Join(err, unix.Close(file))
		}
		failed <- err
		select {} // the thread keeps its descriptors
	}()
	return <-failed
}

// nest makes what is hard to list or to count.
func nest(t target, kind string, i int) error {
	switch kind {
	case "many-folders":
		return os.Mkdir(filepath.Join(t.Out, strconv.Itoa(i)), 0o700)
	case "deep":
		name := strings.Repeat("d", 200)
		return errors.Join(os.Mkdir(name, 0o700), os.Chdir(name))
	case "unlistable":
		folder := filepath.Join(t.Out, strconv.Itoa(i))
		err := os.Mkdir(folder, 0o333)
		return errors.Join(err, os.WriteFile(filepath.Join(folder, "file"), make([]byte, 1<<20), 0o600))
	}
	odd := []string{"%d\n", "\xff%d", "-%d", "\x1b[2J%d", "...%d"}
	return os.WriteFile(filepath.Join(t.Out, fmt.Sprintf(odd[i%len(odd)], i)), make([]byte, 1<<20), 0o600)
}

// littleHeld makes what looks like a lot and holds little: holes, names of one file.
func littleHeld(t target, kind string) error {
	const many = 20
	first := filepath.Join(t.Out, "file")
	if err := os.WriteFile(first, make([]byte, 4<<20), 0o600); err != nil {
		return err
	}
	for i := range many {
		path := filepath.Join(t.Out, strconv.Itoa(i))
		if kind == "names" {
			if err := os.Link(first, path); err != nil {
				return err
			}
			continue
		}
		file, err := os.Create(path)
		if err != nil {
			return err
		}
		if err := errors.Join(file.Truncate(8<<20), file.Close()); err != nil {
			return err
		}
	}
	return nil
}

// playProbes runs probes in the sandbox and prints one line for each.
func playProbes(t target, names []string) {
	all := probes()
	for _, name := range names {
		if name == "other-program" && !slices.Equal(names, []string{name}) {
			continue // it would end this one; tried alone
		}
		if err := all[name](t); err != nil {
			fmt.Printf("refused %s: %s\n", name, strings.ReplaceAll(err.Error(), "\n", "; "))
		} else {
			fmt.Printf("ESCAPED %s\n", name)
		}
	}
}
