package main_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ternlab/ternlab/agent/stories"
	"github.com/ternlab/ternlab/workspace/repo"
)

func TestMain(m *testing.M) { stories.Main(m) }

// TestRealTrainer runs the stories of testdata/real, whose lab is a copy of
// this very module: its own trainer is built and trains. Where nothing of it is
// in the build cache the compiler takes minutes.
func TestRealTrainer(t *testing.T) {
	goEnv := stories.GoEnv(t)
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "real"),
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, goEnv...)
			lab := filepath.Join(env.WorkDir, "lab")
			if err := copyModule("..", lab); err != nil {
				return err
			}
			if err := leaveKnobs(filepath.Join(lab, "trainer", "recipe.go"), "LearningRate:", "GroupSize:"); err != nil {
				return err
			}
			_, err := repo.Init(lab)
			return err
		},
	})
}

// leaveKnobs takes the other knobs' domains out of a recipe, so that what is
// proposed is sure to be trained in time, whatever knobs the recipe has.
func leaveKnobs(file string, names ...string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	domain := regexp.MustCompile(`// [{\[].*`)
	var left []string
	for line := range strings.Lines(string(text)) {
		if !slices.ContainsFunc(names, func(name string) bool { return strings.Contains(line, name) }) {
			line = domain.ReplaceAllString(line, "// Not a knob here.")
		}
		left = append(left, line)
	}
	return os.WriteFile(file, []byte(strings.Join(left, "")), 0o644)
}

// copyModule copies a checkout's files without what .gitignore names.
func copyModule(from, to string) error {
	left := []string{".git", "runs", "bin", "data"}
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch {
		case slices.Contains(left, name) && entry.IsDir():
			return filepath.SkipDir
		case slices.Contains(left, name): // .git is a file in a linked work tree
			return nil
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		case !entry.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), text, 0o644)
	})
}
