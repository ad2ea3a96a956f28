// Package sandbox starts a program that must not be trusted so that it reaches
// only what it was granted: files to read, folders to write, and nothing else:
// no network, no other process, no secret of the one that started it.
//
// [Detect] finds out by trying what this machine can enforce, [Sandbox.Command]
// starts a program at that [Level] as a [Grant] says. On Linux the program that
// is started first is this very one, under the name [InitName]: it has to call
// [Init] before anything else. Init restricts itself and then becomes the
// program, so that no instruction of that runs unrestricted.
//
// On Linux, from the outside in:
//
//   - user, mount, pid, net, ipc and uts namespaces: a file tree that holds what
//     was granted, processes that end with the first of them, no network device;
//   - Landlock, strictly by the version that the kernel has: the same files once
//     more, and signals, and TCP;
//   - seccomp: a list of what may be called; no sockets at all, no io_uring, no
//     mounts, no tracing, no other processes unless granted;
//   - resource limits for memory, file size, processes and open files.
//
// Where namespaces are forbidden, as in most containers, the last three hold
// alone. On macOS the system's own sandbox-exec is used with a generated profile.
//
// What it isn't: it doesn't bound how long a program runs, what it prints, or
// all that it writes together; package proc watches over these. Kernel bugs
// and side channels are out of its reach; for those, run in a virtual machine.
package sandbox
