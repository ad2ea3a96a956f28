//go:build !candidate

// A candidate is built, and vetted with its tests, where the evaluator's texts are not.

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ternlab/ternlab/trainer/command/evaluator"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"trainer":   main,
		"evaluator": func() { os.Exit(evaluator.Run()) },
	})
}

// TestStories runs the trainer and the evaluator as a person would.
func TestStories(t *testing.T) {
	fixtures, err := filepath.Abs("checkpoint/testdata")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/stories",
		Setup: func(env *testscript.Env) error {
			env.Setenv("FIXTURES", fixtures)
			return nil
		},
	})
}
