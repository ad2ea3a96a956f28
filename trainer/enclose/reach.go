package enclose

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ternlab/ternlab/trainer/backend/places"
	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/command/train"
	"github.com/ternlab/ternlab/trainer/memory"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

// reach is what a training in the sandbox is granted and told.
type reach struct {
	program string // this one
	grant   sandbox.Grant
	env     []string
}

// reachOf grants a training the files that its command line names, what its backend
// needs, and the one folder to write. Time, memory and disk aren't limited: whoever
// started it watches it.
func reachOf(training train.Enclosed) (reach, error) {
	self, err := os.Executable()
	if err != nil {
		return reach{}, fmt.Errorf("find the trainer's own file: %w", err)
	}
	here, err := os.Getwd()
	if err == nil {
		here, err = filepath.EvalSymlinks(here)
	}
	if err != nil {
		return reach{}, fmt.Errorf("find the working folder: %w", err)
	}
	out, err := filepath.Abs(training.Out)
	if err != nil {
		return reach{}, fmt.Errorf("find --out: %w", err)
	}
	if err := mayWrite(out, self, training.Data); err != nil {
		return reach{}, err
	}
	read, err := plainFiles(training)
	if err != nil {
		return reach{}, err
	}
	needs := places.This().Files(training.Backend)
	granted := sandbox.Grant{
		Read:      slices.Concat([]string{self}, read, memory.Files(), needs.Read, needs.System),
		Write:     []string{out},
		Devices:   needs.Devices,
		Processes: len(needs.Devices) > 0, // XLA's compiler for CUDA starts the assembler
		Dir:       here,
	}
	env := append(needs.Environment(), "TMPDIR="+out)
	if data, ok := os.LookupEnv("TERNLAB_DATA"); ok {
		env = append(env, "TERNLAB_DATA="+data)
	}
	return reach{self, granted, env}, nil
}

// mayWrite refuses an output folder that holds what no recipe may change. It need not
// exist yet.
func mayWrite(out, self, data string) error {
	protected := []string{self}
	if home, err := os.UserHomeDir(); err == nil {
		protected = append(protected, home)
	}
	if data, err := filepath.Abs(data); err == nil && exists(data) {
		protected = append(protected, data)
	}
	for _, kept := range protected {
		if sandbox.Holds(out, []string{kept}) {
			return program.Misuse(fmt.Errorf("--out %s is, or holds, %s, which the recipe could then change; choose a folder of its own, or --sandbox off", out, kept))
		}
	}
	if slices.Contains(strings.Split(out, string(filepath.Separator)), ".git") || exists(filepath.Join(out, ".git")) {
		return program.Misuse(fmt.Errorf("--out %s is a git repository, which the recipe could then change; choose a folder of its own, or --sandbox off", out))
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// plainFiles lists the files that a training reads, by their absolute paths: each
// that is named, and those directly in the folders. What isn't there is left to the
// training to complain of.
func plainFiles(training train.Enclosed) ([]string, error) {
	var files []string
	for _, named := range slices.Concat(training.Read, training.Models) {
		path, err := filepath.Abs(named)
		if err != nil {
			return nil, fmt.Errorf("find %s: %w", named, err)
		}
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		case err != nil:
			return nil, fmt.Errorf("find %s: %w", named, err)
		case info.IsDir():
			inside, err := filesIn(path)
			if err != nil {
				return nil, fmt.Errorf("list %s: %w", named, err)
			}
			files = append(files, inside...)
		case !info.Mode().IsRegular():
			return nil, program.Misuse(fmt.Errorf("%s is no plain file, and can't be handed into the sandbox; save it to one first, or use --sandbox off", named))
		default:
			files = append(files, path)
		}
	}
	return files, nil
}

// filesIn lists the plain files directly in a folder, or the folder itself where it
// has none.
func filesIn(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() { // a link counts as what it leads to
			files = append(files, path)
		}
	}
	if len(entries) == 0 {
		files = append(files, folder)
	}
	return files, nil
}

// makeFolder makes the output folder where there is none, and tells whether it did.
func makeFolder(out string) (bool, error) {
	had := exists(out)
	if err := os.MkdirAll(out, 0o755); err != nil {
		return false, fmt.Errorf("make output folder: %w", err)
	}
	return !had, nil
}
