package powerloss

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Disk is what a folder holds: its files and folders by their paths below it,
// with slashes.
type Disk map[string]Entry

// Entry is a file with its content, or a folder.
type Entry struct {
	Data   string
	Folder bool
}

// ReadDisk reads what the folder root holds.
func ReadDisk(root string) (Disk, error) {
	d := Disk{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || file == root {
			return err
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			d[filepath.ToSlash(name)] = Entry{Folder: true}
			return nil
		}
		data, err := os.ReadFile(file)
		d[filepath.ToSlash(name)] = Entry{Data: string(data)}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the disk at %s: %w", root, err)
	}
	return d, nil
}

// Write makes the folder root hold what the disk holds, and nothing else. What is
// there already is left as it is.
func (d Disk) Write(root string) error {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return fmt.Errorf("write the disk: %w", err)
	}
	there, err := ReadDisk(root)
	if err != nil {
		return err
	}
	for name, entry := range there {
		if wanted, ok := d[name]; !ok || wanted.Folder != entry.Folder {
			if err := os.RemoveAll(filepath.Join(root, filepath.FromSlash(name))); err != nil {
				return fmt.Errorf("write the disk: %w", err)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d)) { // A folder before what is in it.
		if entry, ok := there[name]; strings.HasPrefix(name, "..") || ok && entry == d[name] {
			continue
		}
		if err := d[name].write(filepath.Join(root, filepath.FromSlash(name))); err != nil {
			return fmt.Errorf("write the disk: %w", err)
		}
	}
	return nil
}

// write puts a new file in an old one's place: it may be write-protected.
func (e Entry) write(file string) error {
	if e.Folder {
		return os.MkdirAll(file, 0o755)
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(file, []byte(e.Data), 0o600)
}

func (d Disk) clone() Disk { return maps.Clone(d) }

// key tells disks apart.
func (d Disk) key() string {
	var key strings.Builder
	for _, name := range slices.Sorted(maps.Keys(d)) {
		fmt.Fprintf(&key, "%q %t %q\n", name, d[name].Folder, d[name].Data)
	}
	return key.String()
}
