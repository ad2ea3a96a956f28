package memory

import (
	"bytes"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// statusFile says what this process takes.
const statusFile = "proc/self/status"

// recorder notes which files are read.
type recorder struct {
	fs.FS
	names []string
}

// Open opens a file of the recorded system.
func (r *recorder) Open(name string) (fs.File, error) {
	file, err := r.FS.Open(name)
	if err == nil {
		r.names = append(r.names, name)
	}
	return file, err
}

// files lists what available and Peak read on a Linux system.
func files(root fs.FS) []string {
	read := &recorder{FS: root}
	available(read)
	statusField(read, statusFile, "VmHWM:")
	return read.names
}

// available reads the files of a Linux system.
func available(root fs.FS) int64 {
	least := statusField(root, "proc/meminfo", "MemAvailable:")
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return least
	}
	for line := range strings.Lines(string(groups)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3) // number, controllers, path
		if len(parts) != 3 {
			continue
		}
		switch parts[1] { // the second version of control groups names no controllers
		case "":
			least = leastLeft(root, "sys/fs/cgroup", parts[2], "memory.max", "memory.current", least)
		case "memory":
			least = leastLeft(root, "sys/fs/cgroup/memory", parts[2], "memory.limit_in_bytes", "memory.usage_in_bytes", least)
		}
	}
	return least
}

// leastLeft goes from a control group up to the root; within a container, whose
// own group is the mount's root, only the last file may be there.
func leastLeft(root fs.FS, mount, group, limitFile, usedFile string, least int64) int64 {
	for folder := path.Clean("/" + group); ; folder = path.Dir(folder) {
		limit, limited := number(root, path.Join(mount, folder, limitFile))
		used, known := number(root, path.Join(mount, folder, usedFile))
		if limited && known && limit < math.MaxInt64/2 {
			least = min(least, max(0, limit-used))
		}
		if folder == "/" {
			return least
		}
	}
}

// number reads a file that holds a number; "max" is none.
func number(root fs.FS, file string) (int64, bool) {
	content, err := fs.ReadFile(root, file)
	if err != nil {
		return 0, false
	}
	value, err := strconv.ParseInt(string(bytes.TrimSpace(content)), 10, 64)
	return value, err == nil
}

// statusField reads a line "Name: 123 kB", in bytes; 0 if it isn't there.
func statusField(root fs.FS, file, name string) int64 {
	content, err := fs.ReadFile(root, file)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(content)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == name {
			kilobytes, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				return 0
			}
			return kilobytes << 10
		}
	}
	return 0
}
