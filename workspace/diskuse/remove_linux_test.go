package diskuse

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// isGone fails unless nothing is at path, and what lies beside it is untouched.
func isGone(t *testing.T, path string) {
	t.Helper()
	must(t, RemoveAll(path))
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there: %v", path, err)
	}
}

// hostileTrees are folders that are made to stay, by name.
func hostileTrees() map[string]func(t *testing.T, folder string) {
	file := func(t *testing.T, names ...string) {
		t.Helper()
		must(t, os.WriteFile(filepath.Join(names...), []byte("held"), 0o400))
	}
	folderOf := func(t *testing.T, mode fs.FileMode, names ...string) string {
		t.Helper()
		path := filepath.Join(names...)
		must(t, os.Mkdir(path, 0o700))
		t.Cleanup(func() { _ = os.Chmod(path, 0o700) })
		file(t, path, "inner")
		must(t, os.Mkdir(filepath.Join(path, "folder"), 0o700))
		file(t, path, "folder", "inner")
		must(t, os.Chmod(path, mode))
		return path
	}
	return map[string]func(t *testing.T, folder string){
		"plain":         func(t *testing.T, folder string) { t.Helper(); file(t, folder, "file") },
		"not listable":  func(t *testing.T, folder string) { t.Helper(); folderOf(t, 0o333, folder, "f") },
		"no mode":       func(t *testing.T, folder string) { t.Helper(); folderOf(t, 0, folder, "f") },
		"read only":     func(t *testing.T, folder string) { t.Helper(); folderOf(t, 0o555, folder, "f") },
		"not entered":   func(t *testing.T, folder string) { t.Helper(); folderOf(t, 0o666, folder, "f") },
		"itself":        func(t *testing.T, folder string) { t.Helper(); file(t, folder, "f"); must(t, os.Chmod(folder, 0)) },
		"sticky, suids": func(t *testing.T, folder string) { t.Helper(); folderOf(t, fs.ModeSticky|fs.ModeSetgid, folder, "f") },
		"odd names": func(t *testing.T, folder string) {
			t.Helper()
			for _, name := range []string{"a\nb", "\xff\xfe", "-rf", "*", "...", " ", "\x1b[2J", strings.Repeat("n", 255), "ü"} {
				file(t, folder, name)
				must(t, os.Mkdir(filepath.Join(folder, name+"d")[:min(len(folder)+1+len(name)+1, len(folder)+1+254)], 0o300))
			}
		},
		"pipes, links": func(t *testing.T, folder string) {
			t.Helper()
			must(t, unix.Mkfifo(filepath.Join(folder, "pipe"), 0))
			must(t, os.Symlink("loop", filepath.Join(folder, "loop")))
			must(t, os.Symlink("..", filepath.Join(folder, "up")))
			must(t, os.Symlink("/nowhere", filepath.Join(folder, "broken")))
		},
		"deep": func(t *testing.T, folder string) { t.Helper(); makeDeep(t, folder, 3000, 0o300) },
		"many": func(t *testing.T, folder string) {
			t.Helper()
			for i := range 9000 {
				file(t, folder, strconv.Itoa(i))
			}
		},
	}
}

// makeDeep makes folders in folders, of a mode, whose paths are far longer than any
// call takes, with a file at the end.
func makeDeep(t *testing.T, folder string, levels int, mode uint32) {
	t.Helper()
	at, err := unix.Open(folder, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	must(t, err)
	name := strings.Repeat("d", 100)
	for range levels {
		must(t, unix.Mkdirat(at, name, mode))
		next, err := unix.Openat(at, name, unix.O_PATH|unix.O_DIRECTORY, 0)
		must(t, err)
		must(t, unix.Close(at))
		at = next
	}
	file, err := unix.Openat(at, "file", unix.O_CREAT|unix.O_WRONLY, 0o600)
	must(t, err)
	_, err = unix.Write(file, make([]byte, 1<<20))
	must(t, errors.Join(err, unix.Close(file), unix.Close(at)))
}

func TestRemoveAllRemovesWhateverIsThere(t *testing.T) {
	asUsers(t, "TestRemoveAllRemovesWhateverIsThere", func(t *testing.T) {
		t.Helper()
		for name, make := range hostileTrees() {
			t.Run(name, func(t *testing.T) {
				folder := filepath.Join(t.TempDir(), "out")
				must(t, os.Mkdir(folder, 0o755))
				make(t, folder)
				isGone(t, folder)
			})
		}
	})
}

func TestRemoveAllTakesOffAttributes(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can set the attributes")
	}
	folder := filepath.Join(t.TempDir(), "out")
	inner := filepath.Join(folder, "inner")
	must(t, os.MkdirAll(filepath.Join(inner, "empty"), 0o700))
	must(t, os.WriteFile(filepath.Join(inner, "file"), nil, 0o600))
	must(t, os.WriteFile(filepath.Join(folder, "file"), nil, 0o600))
	for path, flag := range map[string]int{filepath.Join(inner, "file"): 0x10, filepath.Join(inner, "empty"): 0x10, inner: 0x20, filepath.Join(folder, "file"): 0x20} {
		opened, err := os.Open(path)
		must(t, err)
		err = unix.IoctlSetPointerInt(int(opened.Fd()), unix.FS_IOC_SETFLAGS, flag)
		if errors.Is(err, unix.ENOTTY) || errors.Is(err, unix.EOPNOTSUPP) {
			t.Skipf("the file system of %s has no attributes", folder)
		}
		must(t, errors.Join(err, opened.Close()))
	}
	if err := os.RemoveAll(folder); err == nil {
		t.Error("the attributes keep nothing from being removed")
	}
	isGone(t, folder)
}

func TestRemoveAllFollowsNoLink(t *testing.T) {
	above := t.TempDir()
	kept, folder := filepath.Join(above, "kept"), filepath.Join(above, "out")
	must(t, os.Mkdir(kept, 0o500))
	must(t, os.Mkdir(folder, 0o700))
	must(t, os.Symlink(kept, filepath.Join(folder, "link")))
	must(t, os.WriteFile(filepath.Join(above, "file"), []byte("kept"), 0o400))
	must(t, os.Symlink(filepath.Join(above, "file"), filepath.Join(folder, "link2")))
	isGone(t, folder)
	must(t, os.Symlink(kept, folder))
	isGone(t, folder)
	for path, mode := range map[string]fs.FileMode{kept: fs.ModeDir | 0o500, filepath.Join(above, "file"): 0o400} {
		if info, err := os.Lstat(path); err != nil || info.Mode() != mode {
			t.Errorf("%s has changed: %v, %v", path, info, err)
		}
	}
}

func TestRemoveBelowFollowsNoLinkOnTheWay(t *testing.T) {
	above := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(above, "kept", "4"), 0o700))
	must(t, os.MkdirAll(filepath.Join(above, "out", "real", "4", "5"), 0o700))
	must(t, os.Symlink(filepath.Join(above, "kept"), filepath.Join(above, "out", "snapshots")))
	must(t, RemoveBelow(filepath.Join(above, "out"), "snapshots", "4"))
	if _, err := os.Lstat(filepath.Join(above, "kept", "4")); err != nil {
		t.Errorf("a link was followed: %v", err)
	}
	must(t, RemoveBelow(filepath.Join(above, "out"), "real", "4"))
	must(t, RemoveBelow(filepath.Join(above, "out"), "none", "4"))
	if names, err := os.ReadDir(filepath.Join(above, "out", "real")); err != nil || len(names) > 0 {
		t.Errorf("%v is left: %v", names, err)
	}
}

func TestRemoveAllOfNothing(t *testing.T) {
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, "file"), nil, 0o600))
	for _, path := range []string{"none", "none/none", "file/none"} {
		if err := RemoveAll(filepath.Join(folder, path)); err != nil {
			t.Error(err)
		}
	}
	isGone(t, filepath.Join(folder, "file"))
}

func TestRemoveAllSaysWhatStays(t *testing.T) {
	if err := RemoveAll("/proc/self/fd"); err == nil {
		t.Error("removed what nobody can remove")
	}
}
