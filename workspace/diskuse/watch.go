//go:build linux || darwin

package diskuse

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

const (
	// blockBytes is the unit of st_blocks, whatever the file system's own.
	blockBytes = 512
	// patience is how many looks in a row may fail to see all: a process that is about
	// to become another program shows nothing for a moment.
	patience = 5
)

// Limit bounds what a program may hold on the disk.
type Limit struct {
	Bytes int64 // In blocks: a hole takes none, what is reserved beyond a file's end does.
	Files int   // Files, folders and all else with a name, and open files without one.
}

// Watch looks, again and again, at what a program holds: all that its folders do, each
// file once however many names it has, and files that have lost their names but that
// its processes still have open. The zero value of all but the exported fields is ready
// to use.
type Watch struct {
	Folders []string // That the program may write to, absolute.
	Limit   Limit

	hidden int // looks in a row that couldn't see all
}

// Look says by an error why the program is to be ended: it holds too much, or hides what
// it holds. Processes are all of the program's.
func (w *Watch) Look(processes []int) error {
	c := &count{limit: w.Limit, seen: map[identity]bool{}}
	for _, folder := range w.Folders {
		if err := c.folderAt(folder); err != nil {
			return err
		}
	}
	unseen, err := c.held(processes, w.Folders)
	if err != nil {
		return err
	}
	if unseen == nil {
		w.hidden = 0
		return nil
	}
	if w.hidden++; w.hidden >= patience {
		return fmt.Errorf("what it holds on disk can't be told: %w", unseen)
	}
	return nil
}

// identity is what tells files apart.
type identity struct{ device, inode uint64 }

// count is one look.
type count struct {
	limit Limit
	bytes int64
	files int
	open  int // descriptors looked at
	seen  map[identity]bool
}

// add counts a file, unless it was counted under another name.
func (c *count) add(found *unix.Stat_t) error {
	if c.files++; c.files > c.limit.Files {
		return fmt.Errorf("more than %d files", c.limit.Files)
	}
	file := identityOf(found)
	if c.seen[file] {
		return nil
	}
	c.seen[file] = true
	if c.bytes += found.Blocks * blockBytes; c.bytes > c.limit.Bytes {
		const gibibyte = 1 << 30
		return fmt.Errorf("%.1f GiB on disk, its limit is %.1f", float64(c.bytes)/gibibyte, float64(c.limit.Bytes)/gibibyte)
	}
	return nil
}

func identityOf(found *unix.Stat_t) identity {
	return identity{uint64(found.Dev), found.Ino} //nolint:unconvert,gosec // macOS has 32 bits, with a sign
}

// folderAt counts a folder that the program was given.
func (c *count) folderAt(path string) error {
	folder, err := openFolder(unix.AT_FDCWD, path)
	if err != nil {
		return cantBeTold(path, err)
	}
	defer closeFolder(folder)
	return c.folder(folder, 1)
}

// folder counts a folder and all that it holds. Folders that the program has made
// unlistable are made listable, as [RemoveAll] does.
func (c *count) folder(folder, depth int) error {
	var found unix.Stat_t
	if err := unix.Fstat(folder, &found); err != nil {
		return cantBeTold("a folder", err)
	}
	if err := c.add(&found); err != nil {
		return err
	}
	if depth > deepest {
		return fmt.Errorf("folders more than %d deep", deepest)
	}
	names, err := list(folder)
	if err != nil {
		return cantBeTold("a folder", err)
	}
	defer func() { _ = names.Close() }()
	for {
		const some = 1024
		batch, err := names.Readdirnames(some)
		for _, name := range batch {
			if err := c.entry(folder, name, depth); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return cantBeTold("a folder", err)
		}
	}
}

func (c *count) entry(above int, name string, depth int) error {
	var found unix.Stat_t
	if err := unix.Fstatat(above, name, &found, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return cantBeTold(name, err)
	}
	if found.Mode&unix.S_IFMT != unix.S_IFDIR {
		return c.add(&found)
	}
	folder, err := openFolder(above, name)
	if err != nil {
		return cantBeTold(name, err)
	}
	defer closeFolder(folder)
	return c.folder(folder, depth+1)
}

// cantBeTold is nil for what has gone in the meantime, or has become another thing.
func cantBeTold(name string, err error) error {
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ESTALE) {
		return nil
	}
	return fmt.Errorf("what it holds on disk can't be told: %q: %w", shorten(name), err)
}
