package repo

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/index"
)

// writableIndex reads the index, and refuses one that it could not write back
// without loss.
func (r *Repository) writableIndex() (*index.Index, error) {
	decoded, err := decodeIndex(filepath.Join(r.gitDir, "index"))
	if err != nil {
		return nil, &AdoptError{
			Reason: fmt.Sprintf("the index cannot be read (%v)", err),
			Hint:   "it may be split or sparse: take the files over by hand, with `git restore --source=autoresearch/<tag> trainer` and `git commit`",
		}
	}
	for _, entry := range decoded.Entries {
		if entry.Stage != 0 { // Go-git's name for 0 is missing: its index.Merged is 1.
			return nil, &AdoptError{Reason: "a merge left conflicts", Files: []string{entry.Name}, Hint: "resolve them and commit first"}
		}
	}
	return decoded, nil
}

// stagedHash returns the object that the index holds for a file, zero if none.
func stagedHash(decoded *index.Index, name string) plumbing.Hash {
	entry, err := decoded.Entry(name)
	if err != nil {
		return plumbing.ZeroHash
	}
	return entry.Hash
}

// textHash is the object of a text, zero for the empty text that stands for no file.
func textHash(text string) plumbing.Hash {
	if text == "" {
		return plumbing.ZeroHash
	}
	return blobHash([]byte(text))
}

// stage puts changed files of the work tree into the index. Caches that git
// keeps in it (of trees, of untracked files) are dropped; git makes them anew.
func (r *Repository) stage(lock *lockedFile, changed map[string]string) error {
	decoded, err := r.writableIndex()
	if err != nil {
		return err
	}
	for name, text := range changed {
		if text == "" {
			if _, err := decoded.Remove(name); err != nil && !errors.Is(err, index.ErrEntryNotFound) {
				return fmt.Errorf("unstage %s: %w", name, err)
			}
			continue
		}
		info, err := os.Stat(filepath.Join(r.root, filepath.FromSlash(name)))
		if err != nil {
			return fmt.Errorf("stage %s: %w", name, err)
		}
		entry, err := decoded.Entry(name)
		if err != nil {
			entry = decoded.Add(name)
			entry.Mode = filemode.Regular
		}
		// Without the inode and the like, git compares the content once.
		*entry = index.Entry{
			Name: name, Mode: entry.Mode, Hash: textHash(text),
			Size: uint32(len(text)), ModifiedAt: info.ModTime(), //nolint:gosec // Source files are small.
		}
	}
	var encoded bytes.Buffer
	if err := index.NewEncoder(&encoded).Encode(decoded); err != nil {
		return fmt.Errorf("encode the index: %w", err)
	}
	return lock.replace(encoded.Bytes())
}

// logMove appends to the reflogs that exist, so that `git reset HEAD@{1}` takes
// an adoption back.
func (r *Repository) logMove(from head, to plumbing.Hash, message string) error {
	subject, _, _ := strings.Cut(message, "\n")
	who := r.identity(time.Now())
	line := fmt.Sprintf("%s %s %s <%s> %d %s\tadopt: %s\n",
		from.commit, to, who.Name, who.Email, who.When.Unix(), who.When.Format("-0700"), subject)
	for _, file := range []string{
		filepath.Join(r.gitDir, "logs", "HEAD"),
		filepath.Join(r.commonDir, "logs", filepath.FromSlash(from.branch.String())),
	} {
		log, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		_, err = log.WriteString(line)
		if err := errors.Join(err, log.Close()); err != nil {
			return err
		}
	}
	return nil
}
