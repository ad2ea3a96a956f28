package build

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/workspace/proc"
)

// newModule writes a module without dependencies; package trainer imports
// nothing, so that it compiles in an instant.
func newModule(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	writeAll(t, dir, map[string]string{"go.mod": "module example.org/m\n\ngo 1.26\n"})
	writeAll(t, dir, files)
	return dir
}

func detect(t *testing.T, dir string) Toolchain {
	t.Helper()
	toolchain, err := Detect(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return toolchain
}

func TestBuildAndRun(t *testing.T) {
	dir := newModule(t, map[string]string{"trainer/main.go": "package main\n\nfunc main() { println(\"built\") }\n"})
	toolchain := detect(t, dir)
	program := filepath.Join(t.TempDir(), "trainer")
	if err := toolchain.Build(t.Context(), dir, "./trainer", program); err != nil {
		t.Fatal(err)
	}
	exit, err := proc.Run(t.Context(), proc.Process{Path: program})
	if err != nil || exit.Tail != "built" {
		t.Errorf("the program wrote %q, %v; want %q", exit.Tail, err, "built")
	}
}

func TestBuildErrors(t *testing.T) {
	dir := newModule(t, map[string]string{
		"broken/a.go":  "package broken\n\nfunc F() int { return missing }\n\nfunc G() { return 1 }\n",
		"suspect/a.go": "package suspect\n\nfunc F() int {\n\tx := 1\n\tx = x\n\treturn x\n}\n",
		"needy/a.go":   "package needy\n\nimport _ \"example.org/nowhere\"\n",
	})
	toolchain := detect(t, dir)
	cases := map[string]struct {
		run   func() error
		stage string
		want  []string
	}{
		"does not compile": {func() error {
			return toolchain.Build(t.Context(), dir, "./broken", filepath.Join(t.TempDir(), "x"))
		}, "build", []string{"broken/a.go:3:23: undefined: missing", "broken/a.go:5:19: too many return values"}},
		"vet finds something": {func() error {
			return toolchain.Vet(t.Context(), dir, "./suspect")
		}, "vet", []string{"suspect/a.go:5:2: self-assignment of x"}},
		"vet of what does not compile": {func() error {
			return toolchain.Vet(t.Context(), dir, "./broken")
		}, "vet", []string{"broken/a.go:3:23: undefined: missing"}},
		"needs a module that go.mod lacks": {func() error {
			return toolchain.Build(t.Context(), dir, "./needy", filepath.Join(t.TempDir(), "x"))
		}, "build", []string{"needy/a.go:3:8: cannot find module providing package example.org/nowhere"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var failure *Error
			if err := c.run(); !errors.As(err, &failure) {
				t.Fatalf("error is %v, want a BuildError", err)
			}
			if failure.Stage != c.stage {
				t.Errorf("stage is %s, want %s", failure.Stage, c.stage)
			}
			for _, want := range c.want {
				if !strings.Contains("\n"+failure.Output, "\n"+want) {
					t.Errorf("output lacks the line %q:\n%s", want, failure.Output)
				}
			}
			if strings.Contains(failure.Output, dir) || strings.Contains(failure.Output, "\n# ") || strings.HasPrefix(failure.Output, "# ") {
				t.Errorf("output is not tidy:\n%s", failure.Output)
			}
		})
	}
	if err := toolchain.Vet(t.Context(), dir, "./broken", "./suspect"); err == nil {
		t.Error("vet of two packages: no error")
	}
}

func TestBuildInterrupted(t *testing.T) {
	dir := newModule(t, map[string]string{"a/a.go": "package a\n"})
	toolchain := detect(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := toolchain.Build(ctx, dir, "./a", filepath.Join(t.TempDir(), "x"))
	var failure *Error
	if !errors.Is(err, proc.ErrInterrupted) || errors.As(err, &failure) {
		t.Errorf("error is %v, want ErrInterrupted and no BuildError", err)
	}
}

func TestDetectToolchain(t *testing.T) {
	dir := newModule(t, nil)
	toolchain := detect(t, dir)
	if !strings.HasPrefix(toolchain.GoVersion, "go1.") || !filepath.IsAbs(toolchain.Go) {
		t.Errorf("toolchain is %+v", toolchain)
	}

	t.Setenv("CC", filepath.Join(dir, "no-such-compiler"))
	if without := detect(t, dir); without.CGO || without.Compiler != "" {
		t.Errorf("a compiler that isn't there: %+v", without)
	}
	broken := filepath.Join(dir, "broken-compiler")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\necho no headers >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CC", broken)
	if without := detect(t, dir); without.CGO {
		t.Errorf("a compiler that fails: %+v", without)
	}
	working := filepath.Join(dir, "working-compiler")
	if err := os.WriteFile(working, []byte("#!/bin/sh\nexit 0\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CC", working)
	if with := detect(t, dir); !with.CGO || with.Compiler != working {
		t.Errorf("a compiler that works: %+v", with)
	}
	t.Setenv("CGO_ENABLED", "0")
	if without := detect(t, dir); without.CGO {
		t.Errorf("cgo switched off: %+v", without)
	}
	t.Setenv("PATH", dir)
	if _, err := Detect(t.Context(), dir); !errors.Is(err, ErrNoGo) {
		t.Errorf("no go command: error is %v, want ErrNoGo", err)
	}
}

func TestToolchainEnv(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "sk-canary")
	t.Setenv("GOFLAGS", "-tags=mine")
	t.Setenv("GOPROXY", "https://proxy.invalid")
	cases := map[string]struct {
		toolchain    Toolchain
		want, refuse []string
	}{
		"with everything": {
			Toolchain{CGO: true, SIMD: true},
			[]string{"GOEXPERIMENT=simd", "CGO_ENABLED=1", "GOFLAGS=-mod=readonly -buildvcs=false", "GOTOOLCHAIN=local", "GOWORK=off", "GOPROXY=https://proxy.invalid"},
			[]string{"sk-canary", "noxla", "mine"},
		},
		"without C and simd": {
			Toolchain{},
			[]string{"CGO_ENABLED=0", "GOFLAGS=-mod=readonly -buildvcs=false -tags=noxla"},
			[]string{"sk-canary", "GOEXPERIMENT"},
		},
	}
	for name, c := range cases {
		env := c.toolchain.Env()
		for _, want := range c.want {
			if !slices.Contains(env, want) {
				t.Errorf("%s: %s is missing in %q", name, want, env)
			}
		}
		for _, refuse := range c.refuse {
			if strings.Contains(strings.Join(env, "\n"), refuse) {
				t.Errorf("%s: %s is in %q", name, refuse, env)
			}
		}
	}
}

func TestShorten(t *testing.T) {
	lines := slices.Repeat([]string{strings.Repeat("é", 1000)}, 100)
	got := strings.Split(shorten(lines), "\n")
	if len(got) != 61 || got[60] != "… and 40 lines more" || len(got[0]) > 410 {
		t.Errorf("%d lines, the first of %d bytes, the last %q", len(got), len(got[0]), got[len(got)-1])
	}
}
