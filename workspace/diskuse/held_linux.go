package diskuse

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// held counts files that processes have open, or mapped, and that have no name any
// more. Unseen says what of them couldn't be looked at.
func (c *count) held(processes []int, folders []string) (unseen, err error) {
	folders = asMapped(folders)
	for _, process := range processes {
		hidden, err := c.heldBy(process)
		if err != nil {
			return nil, err
		}
		if hidden == nil {
			hidden = c.mappedBy(process, folders)
		}
		unseen = errors.Join(unseen, hidden)
	}
	return unseen, nil
}

// heldBy looks at each thread's table of descriptors: threads may have tables of their
// own, and the first thread may have ended.
func (c *count) heldBy(process int) (unseen, err error) {
	threads, err := numbersIn(fmt.Sprintf("/proc/%d/task", process))
	if err != nil {
		return notGone(err), nil
	}
	first := 0 // whose table most threads share
	for _, thread := range threads {
		if first != 0 && sharesFiles(first, thread) {
			continue
		}
		folder := fmt.Sprintf("/proc/%d/task/%d/fd", process, thread)
		descriptors, err := numbersIn(folder)
		if err != nil {
			unseen = errors.Join(unseen, notGone(err))
			continue
		}
		if first == 0 && len(descriptors) > 0 {
			first = thread
		}
		for _, descriptor := range descriptors {
			if err := c.descriptor(folder, descriptor); err != nil {
				return nil, err
			}
		}
	}
	return unseen, nil
}

// descriptor counts an open file without a name. Each counts as a file, since a table
// holds few others.
func (c *count) descriptor(folder string, number int) error {
	if most := 10 * c.limit.Files; c.open >= most {
		return fmt.Errorf("more than %d open files", most)
	}
	c.open++
	var found unix.Stat_t
	if err := unix.Stat(filepath.Join(folder, strconv.Itoa(number)), &found); err != nil {
		return nil //nolint:nilerr // closed in the meantime
	}
	if found.Mode&unix.S_IFMT != unix.S_IFREG || found.Nlink > 0 {
		return nil
	}
	return c.add(&found)
}

// sharesFiles tells whether two threads have one table of descriptors.
func sharesFiles(one, other int) bool {
	const files = 2 // KCMP_FILES
	different, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(one), uintptr(other), files, 0, 0, 0)
	return errno == 0 && different == 0
}

// mappedBy tells whether a process maps a file of the folders that has neither a name
// nor a descriptor. What it holds is known to the kernel alone, and no honest program
// does that for long.
func (c *count) mappedBy(process int, folders []string) error {
	threads, err := numbersIn(fmt.Sprintf("/proc/%d/task", process))
	if err != nil {
		return notGone(err)
	}
	for _, thread := range threads { // all have the same memory, but those that end show none
		maps, err := readSome(fmt.Sprintf("/proc/%d/task/%d/maps", process, thread))
		if err != nil && notGone(err) != nil {
			return err
		}
		if len(maps) == 0 {
			continue
		}
		for line := range bytes.Lines(maps) {
			if inode, mapped := removedIn(folders, string(line)); mapped && !c.counted(inode) {
				return errors.New("a removed file is mapped")
			}
		}
		return nil
	}
	return nil
}

// readSome reads a file, and refuses one that is too long: a program may map long paths
// tens of thousands of times.
func readSome(path string) ([]byte, error) {
	const most = 32 << 20 // usual is a hundredth of that
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, most))
	if err == nil && len(text) == most {
		err = fmt.Errorf("%s is longer than %d MiB", path, most>>20)
	}
	return text, err
}

// removedIn looks in a line of proc_pid_maps(5) for a removed file below one of the
// folders.
func removedIn(folders []string, line string) (inode uint64, found bool) {
	const inodeField, pathField = 4, 5
	var number string
	for field := range pathField {
		var value string
		value, line, _ = strings.Cut(strings.TrimLeft(line, " "), " ")
		if field == inodeField {
			number = value
		}
	}
	path, removed := strings.CutSuffix(strings.TrimSpace(line), "(deleted)")
	for _, folder := range folders {
		if removed && strings.HasPrefix(path, folder+"/") {
			inode, _ = strconv.ParseUint(number, 10, 64) // 0 is no file's, so it isn't counted
			return inode, true
		}
	}
	return 0, false
}

// asMapped are folders as proc_pid_maps(5) has them.
func asMapped(folders []string) []string {
	var mapped []string
	for _, folder := range folders {
		if resolved, err := filepath.EvalSymlinks(folder); err == nil {
			mapped = append(mapped, strings.ReplaceAll(resolved, "\n", `\012`))
		}
	}
	return mapped
}

// counted tells whether a file with that inode was counted, on whatever device: the
// numbers that the system gives a device differ between its lists on some file systems.
func (c *count) counted(inode uint64) bool {
	for file := range c.seen {
		if file.inode == inode {
			return true
		}
	}
	return false
}

// numbersIn lists the entries of a folder in /proc.
func numbersIn(folder string) ([]int, error) {
	opened, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	defer func() { _ = opened.Close() }()
	names, err := opened.Readdirnames(-1)
	numbers := make([]int, 0, len(names))
	for _, name := range names {
		if number, err := strconv.Atoi(name); err == nil {
			numbers = append(numbers, number)
		}
	}
	return numbers, err
}

// notGone is nil where a process or thread has ended.
func notGone(err error) error {
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
		return nil
	}
	return err
}
