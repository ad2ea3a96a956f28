package repo

import (
	"cmp"
	"fmt"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Commit writes a commit on top of parent with some files changed, and returns
// its hash. The files are named from the root with slashes; an empty text
// removes one. When Commit returns, all objects survive a crash, but no ref
// points at them yet. The author is the user's git identity, or "ternlab agent"
// where none is configured. The same arguments give the same commit.
func (r *Repository) Commit(parent string, changed map[string]string, message string, when time.Time) (string, error) {
	hash, err := r.commit(parent, changed, message, when)
	if err != nil {
		return "", fmt.Errorf("commit on top of %s: %w", parent, err)
	}
	return hash.String(), nil
}

func (r *Repository) commit(parent string, changed map[string]string, message string, when time.Time) (plumbing.Hash, error) {
	for file := range changed {
		if !validPath(file) {
			return plumbing.ZeroHash, fmt.Errorf("%q is not a path inside the repository", file)
		}
	}
	store := r.storage()
	base, err := readTree(store, parent)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	writer := r.newObjectWriter()
	tree, err := writer.editTree(store, base, changed)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	author := r.identity(when)
	hash, err := writer.writeEncoded(&object.Commit{
		Author:       author,
		Committer:    author,
		Message:      strings.TrimRight(message, "\n") + "\n",
		TreeHash:     tree,
		ParentHashes: []plumbing.Hash{plumbing.NewHash(parent)},
	})
	if err != nil {
		return plumbing.ZeroHash, err
	}
	return hash, writer.flush()
}

// editTree writes the tree that base becomes when some files change, and
// returns its hash; it is zero for a tree without entries.
func (w *objectWriter) editTree(objects objectStore, base *object.Tree, changed map[string]string) (plumbing.Hash, error) {
	entries := make(map[string]object.TreeEntry, len(base.Entries))
	for _, entry := range base.Entries {
		entries[entry.Name] = entry
	}
	below := map[string]map[string]string{}
	for file, text := range changed {
		folder, rest, nested := strings.Cut(file, "/")
		if nested {
			if below[folder] == nil {
				below[folder] = map[string]string{}
			}
			below[folder][rest] = text
		} else if err := w.editEntry(entries, file, text); err != nil {
			return plumbing.ZeroHash, err
		}
	}
	for folder, files := range below {
		if err := w.editFolder(objects, entries, folder, files); err != nil {
			return plumbing.ZeroHash, err
		}
	}
	if len(entries) == 0 {
		return plumbing.ZeroHash, nil
	}
	tree := &object.Tree{}
	for _, entry := range entries {
		tree.Entries = append(tree.Entries, entry)
	}
	sort.Sort(object.TreeEntrySorter(tree.Entries)) // Git's order: folders as if they ended in a slash.
	return w.writeEncoded(tree)
}

func (w *objectWriter) editEntry(entries map[string]object.TreeEntry, name, text string) error {
	if text == "" {
		delete(entries, name)
		return nil
	}
	mode := filemode.Regular
	if before, found := entries[name]; found {
		if !before.Mode.IsRegular() && before.Mode != filemode.Executable {
			return fmt.Errorf("%s is not a plain file but of mode %s", name, before.Mode)
		}
		mode = before.Mode
	}
	hash, err := w.writeBlob(text)
	entries[name] = object.TreeEntry{Name: name, Mode: mode, Hash: hash}
	return err
}

func (w *objectWriter) editFolder(objects objectStore, entries map[string]object.TreeEntry, folder string, files map[string]string) error {
	base := &object.Tree{}
	if before, found := entries[folder]; found {
		var err error
		if base, err = object.GetTree(objects, before.Hash); err != nil {
			return fmt.Errorf("read folder %s: %w", folder, err)
		}
	}
	hash, err := w.editTree(objects, base, files)
	if err != nil {
		return fmt.Errorf("%s: %w", folder, err)
	}
	if hash.IsZero() {
		delete(entries, folder)
		return nil
	}
	entries[folder] = object.TreeEntry{Name: folder, Mode: filemode.Dir, Hash: hash}
	return nil
}

// validPath accepts paths that stay inside a work tree and out of its .git.
func validPath(file string) bool {
	for part := range strings.SplitSeq(file, "/") {
		if !validName(part) {
			return false
		}
	}
	return true
}

func validName(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.EqualFold(name, ".git") &&
		!strings.ContainsAny(name, "/\\\x00")
}

// identity is the user's: of the repository, else of the account, else of the machine.
func (r *Repository) identity(when time.Time) object.Signature {
	signature := object.Signature{Name: "ternlab agent", Email: "agent@ternlab.invalid", When: when}
	settings := []*config.Config{
		readConfig(filepath.Join(r.gitDir, "config.worktree")),
		readConfig(filepath.Join(r.commonDir, "config")),
	}
	for _, scope := range []config.Scope{config.GlobalScope, config.SystemScope} {
		files, err := config.Paths(scope)
		if err != nil {
			continue // No home folder.
		}
		for _, file := range files {
			settings = append(settings, readConfig(file))
		}
	}
	var name, email string
	for _, setting := range settings {
		if setting != nil {
			name, email = cmp.Or(name, plainName(setting.User.Name)), cmp.Or(email, plainName(setting.User.Email))
		}
	}
	if name != "" && email != "" {
		signature.Name, signature.Email = name, email
	}
	return signature
}

// plainName drops what would break the line that a commit stores it in.
func plainName(name string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == '<' || r == '>' {
			return -1
		}
		return r
	}, name))
}

func newLogEntry(commit *object.Commit) LogEntry {
	subject, body, _ := strings.Cut(strings.TrimSpace(commit.Message), "\n")
	entry := LogEntry{
		Commit:  commit.Hash.String(),
		Subject: subject,
		Body:    strings.TrimSpace(body),
		Author:  commit.Author.Name + " <" + commit.Author.Email + ">",
		Time:    commit.Committer.When,
	}
	if len(commit.ParentHashes) > 0 {
		entry.Parent = commit.ParentHashes[0].String()
	}
	return entry
}
