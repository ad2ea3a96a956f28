package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// scratchBytes is the size of the memory file system that the tree is made in.
const scratchBytes = 16 << 20

// scratchFiles is how many files and folders that has at most: the places of what is
// granted.
const scratchFiles = 20_000

// isolateFiles replaces the file tree by one that holds what was granted and
// nothing else: the same paths, bound to the same files, read-only unless they may
// be written; a /proc that shows the sandbox's own processes; an empty /tmp.
func isolateFiles(grant Grant) error {
	root, err := mountPoint(grant)
	if err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keep mounts private: %w", err)
	}
	size := fmt.Sprintf("size=%d,nr_inodes=%d,mode=755", scratchBytes, scratchFiles)
	if err := unix.Mount("tmpfs", root, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, size); err != nil {
		return fmt.Errorf("mount an empty file tree: %w", err)
	}
	for _, b := range bindings(grant) {
		if err := b.mount(root); err != nil {
			return fmt.Errorf("grant %s: %w", b.path, err)
		}
	}
	if err := makeOwn(root, grant.Dir); err != nil {
		return err
	}
	// Landlock would keep the program from writing to it, but isn't everywhere.
	if err := unix.MountSetattr(unix.AT_FDCWD, root, 0, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}); err != nil {
		return fmt.Errorf("keep the file tree as it is: %w", err)
	}
	return changeRoot(root)
}

// mountPoint is a folder to mount the new tree on: one that no granted path lies
// below, since it is out of sight from then on.
func mountPoint(grant Grant) (string, error) {
	granted := slices.Concat(libraries(), devices(), grant.Read, grant.Write, grant.Devices)
	for _, folder := range []string{"/mnt", "/media", "/srv", "/opt", "/var", "/home", "/root", "/tmp", "/run"} {
		below := func(path string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }
		if info, err := os.Lstat(folder); err == nil && info.IsDir() && !slices.ContainsFunc(granted, below) {
			return folder, nil
		}
	}
	return "", errors.New("mount an empty file tree: there is no folder for it beside what is granted")
}

// binding is one granted path.
type binding struct {
	path     string
	writable bool
	device   bool
}

// bindings lists what is granted, outer folders before inner ones.
func bindings(grant Grant) []binding {
	var all []binding
	for _, path := range slices.Concat(libraries(), grant.Read) {
		if !strings.HasPrefix(path, "/proc/") { // there will be another one
			all = append(all, binding{path: path})
		}
	}
	for _, path := range slices.Concat(devices(), grant.Devices) {
		all = append(all, binding{path: path, writable: true, device: true})
	}
	for _, path := range grant.Write {
		all = append(all, binding{path: path, writable: true})
	}
	slices.SortStableFunc(all, func(a, b binding) int {
		return cmp.Or(cmp.Compare(strings.Count(a.path, "/"), strings.Count(b.path, "/")), cmp.Compare(a.path, b.path))
	})
	return all
}

// mount binds the path into the tree at root. Where the path is or goes through a
// symbolic link, so does the new one.
func (b binding) mount(root string) error {
	real, err := filepath.EvalSymlinks(b.path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	info, err := os.Stat(real)
	if err != nil {
		return err
	}
	target := root + real
	if err := makePlace(target, info.IsDir()); err != nil {
		return err
	}
	if err := unix.Mount(real, target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return err
	}
	attributes := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_NOSUID}
	if !b.device {
		attributes.Attr_set |= unix.MOUNT_ATTR_NODEV
	}
	if !b.writable {
		attributes.Attr_set |= unix.MOUNT_ATTR_RDONLY
	}
	if err := unix.MountSetattr(unix.AT_FDCWD, target, unix.AT_RECURSIVE, &attributes); err != nil {
		return err
	}
	if real == b.path {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(root+b.path), 0o755); err != nil {
		return err
	}
	if err := os.Symlink(real, root+b.path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// makePlace makes an empty file or folder to mount on, where there is none.
func makePlace(path string, folder bool) error {
	if folder {
		return os.MkdirAll(path, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	return os.WriteFile(path, nil, 0o644)
}

// makeOwn adds what belongs to the sandbox itself, and the working folder, which is
// empty unless something in it was granted.
func makeOwn(root, dir string) error {
	for _, folder := range []string{"/proc", "/tmp", dir} {
		if err := os.MkdirAll(root+folder, 0o755); err != nil {
			return fmt.Errorf("make %s: %w", folder, err)
		}
	}
	if err := unix.Mount("proc", root+"/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	return nil
}

// changeRoot makes the tree the only one there is.
func changeRoot(root string) error {
	if err := os.Chdir(root); err != nil {
		return fmt.Errorf("change the file tree: %w", err)
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("change the file tree: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil { // the old one lies on top
		return fmt.Errorf("leave the old file tree: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return fmt.Errorf("change the file tree: %w", err)
	}
	return nil
}
