package powerloss

import (
	"path"
	"path/filepath"
	"slices"
	"sync"
)

// kind is what an operation does.
type kind int

const (
	mkdir kind = iota
	create
	write
	truncate
	rename
	syncFile
	syncFolder
)

// op is one file operation. Paths are relative to the recorder's root, with
// slashes.
type op struct {
	kind kind
	path string
	to   string // Of a rename.
	data []byte // Of a write, which appends.
	size int64  // Of a truncation.
}

// Recorder notes file operations below a folder.
type Recorder struct {
	root string

	mu  sync.Mutex
	ops []op
}

// NewRecorder returns a recorder of what happens below the folder root.
func NewRecorder(root string) *Recorder { return &Recorder{root: root} }

// Mkdir notes that a folder was made.
func (r *Recorder) Mkdir(folder string) { r.note(op{kind: mkdir, path: folder}) }

// Create notes that an empty file was made.
func (r *Recorder) Create(file string) { r.note(op{kind: create, path: file}) }

// Write notes that data was appended to a file.
func (r *Recorder) Write(file string, data []byte) {
	r.note(op{kind: write, path: file, data: slices.Clone(data)})
}

// Truncate notes that a file was cut to a size in bytes.
func (r *Recorder) Truncate(file string, size int64) {
	r.note(op{kind: truncate, path: file, size: size})
}

// Rename notes that a file took another's name.
func (r *Recorder) Rename(from, to string) {
	r.note(op{kind: rename, path: from, to: r.relative(to)})
}

// SyncFile notes that a file's content was synced.
func (r *Recorder) SyncFile(file string) { r.note(op{kind: syncFile, path: file}) }

// SyncFolder notes that the names in a folder were synced.
func (r *Recorder) SyncFolder(folder string) { r.note(op{kind: syncFolder, path: folder}) }

// Count is how many operations were noted. A writer that acknowledges something
// does it behind that many.
func (r *Recorder) Count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.ops)
}

func (r *Recorder) note(o op) {
	o.path = r.relative(o.path)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ops = append(r.ops, o)
}

// relative is a path below the root; what lies elsewhere keeps its name and is
// never written to a disk.
func (r *Recorder) relative(name string) string {
	below, err := filepath.Rel(r.root, name)
	if err != nil {
		return filepath.ToSlash(name)
	}
	return path.Clean(filepath.ToSlash(below))
}
