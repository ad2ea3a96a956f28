package repo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/format/objfile"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"
)

// objectStore is what reading objects takes.
type objectStore = storer.EncodedObjectStorer

// storage opens objects and refs for reading. Writing through it is not crash
// safe: go-git truncates refs and the index in place and syncs nothing.
func (r *Repository) storage() *filesystem.Storage {
	layout := dotgit.NewRepositoryFilesystem(osfs.New(r.gitDir), osfs.New(r.commonDir))
	return filesystem.NewStorageWithOptions(layout, cache.NewObjectLRUDefault(), filesystem.Options{
		AlternatesFS: osfs.New("/"), // `git clone --shared` names other object folders by absolute paths.
	})
}

func readTree(objects objectStore, commit string) (*object.Tree, error) {
	if !plumbing.IsHash(commit) {
		return nil, fmt.Errorf("%q is not a full commit hash", commit)
	}
	found, err := object.GetCommit(objects, plumbing.NewHash(commit))
	if err != nil {
		return nil, err
	}
	return found.Tree()
}

func readBlob(objects objectStore, hash plumbing.Hash) (text []byte, err error) {
	blob, err := object.GetBlob(objects, hash)
	if err != nil {
		return nil, err
	}
	reader, err := blob.Reader()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	return io.ReadAll(reader)
}

// objectWriter writes loose objects so that they survive a crash, once flush
// has returned.
type objectWriter struct {
	disk    disk
	dir     string          // The repository's objects folder.
	folders map[string]bool // Folders whose entries are to be synced.
}

func (r *Repository) newObjectWriter() *objectWriter {
	return &objectWriter{disk: r.disk, dir: filepath.Join(r.commonDir, "objects"), folders: map[string]bool{}}
}

// encoder is a go-git object: a commit or a tree.
type encoder interface {
	Encode(plumbing.EncodedObject) error
}

func (w *objectWriter) writeEncoded(value encoder) (plumbing.Hash, error) {
	encoded := &plumbing.MemoryObject{}
	if err := value.Encode(encoded); err != nil {
		return plumbing.ZeroHash, err
	}
	return w.write(encoded)
}

func (w *objectWriter) writeBlob(text string) (plumbing.Hash, error) {
	encoded := &plumbing.MemoryObject{}
	encoded.SetType(plumbing.BlobObject)
	if _, err := io.Copy(encoded, strings.NewReader(text)); err != nil {
		return plumbing.ZeroHash, err
	}
	return w.write(encoded)
}

// write replaces an object that is there already: it may be a torn one that
// another writer left behind in a crash.
func (w *objectWriter) write(encoded plumbing.EncodedObject) (plumbing.Hash, error) {
	compressed, err := compress(encoded)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	name := encoded.Hash().String()
	folder := filepath.Join(w.dir, name[:2])
	if err := w.disk.mkdirAll(folder); err != nil {
		return plumbing.ZeroHash, err
	}
	// A temporary file that a kill leaves in w.dir does not bother git fsck.
	err = w.disk.replace(filepath.Join(folder, name[2:]), compressed, 0o444, w.dir)
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("write object %s: %w", name, err)
	}
	w.folders[folder] = true
	return encoded.Hash(), nil
}

func compress(encoded plumbing.EncodedObject) (_ []byte, err error) {
	reader, err := encoded.Reader()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	var compressed bytes.Buffer
	writer := objfile.NewWriter(&compressed)
	if err := writer.WriteHeader(encoded.Type(), encoded.Size()); err != nil {
		return nil, err
	}
	if _, err := io.Copy(writer, reader); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return compressed.Bytes(), nil
}

func (w *objectWriter) flush() error {
	w.folders[w.dir] = true
	for folder := range w.folders {
		if err := w.disk.syncFolder(folder); err != nil {
			return err
		}
	}
	return nil
}
