package proc

import "golang.org/x/sys/unix"

// MachineMemory is the machine's main memory in bytes; 0 if it isn't known.
func MachineMemory() uint64 {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0
	}
	return info.Totalram * uint64(info.Unit)
}
