package repo

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/config"
)

// locate finds the git folders of the work tree at root. See
// gitrepository-layout(5).
func locate(root string) (*Repository, error) {
	gitDir := filepath.Join(root, ".git")
	info, err := os.Stat(gitDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noRepository(root)
	}
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		if gitDir, err = readPointer(gitDir, "gitdir: "); err != nil {
			return nil, err
		}
	}
	commonDir, err := readPointer(filepath.Join(gitDir, "commondir"), "")
	if errors.Is(err, fs.ErrNotExist) {
		commonDir, err = gitDir, nil
	}
	if err != nil {
		return nil, err
	}
	for _, part := range []string{filepath.Join(gitDir, "HEAD"), filepath.Join(commonDir, "objects")} {
		if _, err := os.Stat(part); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoRepository, err)
		}
	}
	return &Repository{root: root, gitDir: gitDir, commonDir: commonDir, disk: realDisk{}}, nil
}

// noRepository tells the two cases apart that a user can do something about.
func noRepository(root string) error {
	for dir := filepath.Dir(root); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			return fmt.Errorf("%w: the root is %s", ErrNoRepository, dir)
		}
	}
	return ErrNoRepository
}

// readPointer reads a file that names a folder, relative to its own.
func readPointer(file, prefix string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	target, found := strings.CutPrefix(strings.TrimRight(string(text), "\r\n"), prefix)
	if !found || target == "" {
		return "", fmt.Errorf("read %s: it does not begin with %q", file, prefix)
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(file), target)
	}
	return target, nil
}

// checkFormat refuses the formats that go-git would misread. Other extensions
// (partial clones, settings per work tree) do not concern objects and refs.
func checkFormat(commonDir string) error {
	settings := readConfig(filepath.Join(commonDir, "config"))
	if settings == nil {
		return nil
	}
	extensions := settings.Raw.Section("extensions")
	if format := extensions.Option("objectformat"); format != "" && format != "sha1" {
		return fmt.Errorf("its objects are in the format %s, and only sha1 is known; clone it into one made by `git init --object-format=sha1`", format)
	}
	if format := extensions.Option("refstorage"); format != "" && format != "files" {
		return fmt.Errorf("its refs are in the format %s, and only files is known; run `git refs migrate --ref-format=files`", format)
	}
	return nil
}

// readConfig returns nil for a file that is not there or that go-git cannot
// parse: git itself accepts more than go-git does, and nothing read here is
// indispensable.
func readConfig(file string) *config.Config {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	settings, err := config.ReadConfig(bytes.NewReader(text))
	if err != nil {
		return nil
	}
	return settings
}
