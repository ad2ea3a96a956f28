package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ternlab/ternlab/workspace/allow"
	"github.com/ternlab/ternlab/workspace/diskuse"
	"github.com/ternlab/ternlab/workspace/edit"
	"github.com/ternlab/ternlab/workspace/inspect"
	"github.com/ternlab/ternlab/workspace/mutable"
	"github.com/ternlab/ternlab/workspace/proc"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

// Format returns Go files formatted as gofmt does, and others as they are. It does so
// in a process of its own in the sandbox, with limits: some source makes formatting
// take without end. A file that does not parse, or that is too much for it, is a
// [*Error] of stage "gofmt".
func (c CandidateToolchain) Format(ctx context.Context, files map[string]string) (map[string]string, error) {
	answer, err := c.inspect(ctx, "gofmt", inspect.Request{Files: files})
	if err != nil {
		return nil, err
	}
	if len(answer.Problems) > 0 {
		slices.Sort(answer.Problems)
		return nil, &Error{Stage: "gofmt", Output: shorten(answer.Problems)}
	}
	return answer.Files, nil
}

// Check holds the package in dir/pkg to what mutable code may use, as [CandidateToolchain.Build]
// does before it builds. The errors are the same.
func (c CandidateToolchain) Check(ctx context.Context, dir, pkg string) error {
	return c.checkTypes(ctx, dir, pkg)
}

// checkTypes holds the package in dir/pkg to what mutable code may use. What it may
// not is a [*edit.GuardError]; what doesn't compile is a [*Error] of stage "vet".
func (c CandidateToolchain) checkTypes(ctx context.Context, dir, pkg string) error {
	known, err := readExports(c.cache)
	if err != nil {
		return err
	}
	findings, err := c.findings(ctx, dir, pkg, known)
	if err != nil {
		return err
	}
	findings = slices.DeleteFunc(findings, func(found allow.Finding) bool { return tolerates(known.Tolerated, found) })
	if len(findings) == 0 {
		return nil
	}
	const shown = 8
	first := findings[0].File
	var reasons []string
	for _, found := range findings[:min(len(findings), shown)] {
		where := fmt.Sprintf("line %d", found.Line)
		if found.File != first {
			where = found.File + " " + where
		}
		reasons = append(reasons, where+": "+found.Reason)
	}
	return &edit.GuardError{File: first, Reason: strings.Join(reasons, "; ")}
}

// tolerates tells whether the run's base does the same in the same file: a person put
// it there.
func tolerates(base []allow.Finding, found allow.Finding) bool {
	return slices.ContainsFunc(base, func(known allow.Finding) bool {
		return known.File == found.File && known.Reason == found.Reason
	})
}

// findings are what mutable files of the package do that they may not.
func (c CandidateToolchain) findings(ctx context.Context, dir, pkg string, known exports) ([]allow.Finding, error) {
	files, fixed, err := c.sources(dir, pkg)
	if err != nil {
		return nil, err
	}
	answer, err := c.inspect(ctx, "vet", inspect.Request{Files: files, Package: &inspect.Package{
		Path: known.Path, Fixed: fixed, GoVersion: known.GoVersion, Arch: known.Arch, Exports: known.Files,
	}})
	if err != nil {
		return nil, err
	}
	if len(answer.Problems) > 0 {
		return nil, &Error{Stage: "vet", Output: shorten(answer.Problems)}
	}
	return answer.Findings, nil
}

// inspect has this program look at source in a process of its own, which is ended
// when it takes too much. That is the source's fault.
func (c CandidateToolchain) inspect(ctx context.Context, stage string, request inspect.Request) (inspect.Answer, error) {
	const (
		timeout = time.Minute // it takes a second
		memory  = 1 << 30     // it takes a tenth
		longest = 16 << 20    // of an answer
	)
	scratch, err := os.MkdirTemp(filepath.Dir(c.cache), ".inspect-")
	if err != nil {
		return inspect.Answer{}, fmt.Errorf("make a folder to inspect in: %w", err)
	}
	defer func() { _ = diskuse.RemoveAll(scratch) }()
	asked, answered := filepath.Join(scratch, "request.json"), filepath.Join(scratch, "answer.json")
	text, err := json.Marshal(request)
	if err == nil {
		err = os.WriteFile(asked, text, 0o644)
	}
	if err != nil {
		return inspect.Answer{}, fmt.Errorf("ask for an inspection: %w", err)
	}
	exit, err := proc.Run(ctx, proc.Process{
		Path: c.self, Args: []string{inspect.Command, asked, answered}, Dir: scratch, Env: []string{"GOMAXPROCS=2"},
		Timeout: timeout, Sandbox: c.sandbox, DiskBytes: 2 * longest,
		Grant: sandbox.Grant{
			Read: []string{c.self, c.cache}, Write: []string{scratch},
			Limits: sandbox.Limits{MemoryBytes: memory, FileBytes: longest, OpenFiles: 256, Threads: 4096},
		},
	})
	switch {
	case errors.Is(err, proc.ErrTimeout), errors.Is(err, proc.ErrTooMuch):
		return inspect.Answer{}, &Error{Stage: stage, Output: fmt.Sprintf("reading it %v; write it simpler", err)}
	case err != nil:
		return inspect.Answer{}, fmt.Errorf("inspect source: %w", err)
	case exit.Code != 0:
		return inspect.Answer{}, &Error{Stage: stage, Output: "reading it failed; write it simpler: " + firstLine(exit.Tail)}
	}
	var answer inspect.Answer
	if text, err = os.ReadFile(answered); err == nil {
		err = json.Unmarshal(text, &answer)
	}
	if err != nil {
		return answer, fmt.Errorf("read what came of an inspection: %w", err)
	}
	return answer, nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// exports is what the type check knows of the packages that a candidate may import,
// and of the run's base. It lies in the run's build cache.
type exports struct {
	Path      string            `json:"path"` // of the package to check
	GoVersion string            `json:"go_version"`
	Arch      string            `json:"arch"`
	Files     map[string]string `json:"files"` // the compiler's export data, by import path
	Tolerated []allow.Finding   `json:"tolerated,omitempty"`
}

func exportsFile(cache string) string { return filepath.Join(cache, "exports.json") }

func readExports(cache string) (exports, error) {
	var known exports
	text, err := os.ReadFile(exportsFile(cache))
	if err == nil {
		err = json.Unmarshal(text, &known)
	}
	if err != nil {
		return known, fmt.Errorf("read what packages export: %w", err)
	}
	return known, nil
}

// writeExports notes what packages of the trusted module at dir export, and what its
// own mutable files do that a candidate's may not. env is that of [Fill].
func (c CandidateToolchain) writeExports(ctx context.Context, dir, pkg string, env []string) error {
	known, err := c.listExports(ctx, dir, pkg, env)
	if err != nil {
		return err
	}
	if err := c.bringHome(&known); err != nil {
		return fmt.Errorf("keep what packages export: %w", err)
	}
	known.Tolerated, err = c.findings(ctx, dir, pkg, known)
	if broken := new(Error); errors.As(err, &broken) {
		return fmt.Errorf("check the types of the trainer as it is: %w; build the agent with the Go that builds the trainer (%s)", err, c.toolchain.GoVersion)
	}
	if err != nil {
		return err
	}
	text, err := json.Marshal(known)
	if err != nil {
		return err
	}
	return os.WriteFile(exportsFile(c.cache), text, 0o644)
}

// listExports asks the go command for the packages that the one at dir/pkg imports and
// those that candidates may.
func (c CandidateToolchain) listExports(ctx context.Context, dir, pkg string, env []string) (exports, error) {
	const format = "{{.ImportPath}}\t{{.Export}}\t{{.DepOnly}}\t{{join .Imports \" \"}}\t{{with .Module}}{{.GoVersion}}{{end}}"
	names := allow.List()
	known := exports{Arch: c.toolchain.arch, Files: map[string]string{}}
	all := map[string]string{}
	wanted := names.Imports()
	arguments := append([]string{"list", "-e", "-export", "-deps", "-f", format, pkg}, wanted...)
	exit, err := proc.Run(ctx, proc.Process{
		Path: c.toolchain.Go, Args: arguments, Env: env, Dir: dir, Timeout: buildTimeout,
		OnLine: func(line []byte) {
			fields := strings.Split(string(line), "\t")
			if len(fields) != 5 {
				return
			}
			all[fields[0]] = fields[1]
			if fields[2] == "false" && !names.MayImport(fields[0]) && known.Path == "" {
				known.Path, known.GoVersion = fields[0], "go"+fields[4]
				wanted = append(wanted, strings.Fields(fields[3])...)
			}
		},
	})
	if err != nil {
		return known, fmt.Errorf("go list: %w", err)
	}
	if exit.Code != 0 || known.Path == "" {
		return known, fmt.Errorf("go list %s: %s", pkg, exit.Tail)
	}
	for _, path := range wanted {
		if file := all[path]; file != "" { // else the module has no such package
			known.Files[path] = file
		}
	}
	return known, nil
}

// bringHome copies export data that lies elsewhere into the run's cache, which is what
// the sandbox shows.
func (c CandidateToolchain) bringHome(known *exports) error {
	folder := filepath.Join(c.cache, "exports")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for i, path := range slices.Sorted(maps.Keys(known.Files)) {
		file := known.Files[path]
		if strings.HasPrefix(file, c.cache+string(filepath.Separator)) {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		known.Files[path] = filepath.Join(folder, fmt.Sprint(i))
		if err := os.WriteFile(known.Files[path], text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// sources reads the Go files that the package at dir/pkg is compiled from, by their
// paths from dir, and names those that no candidate may change.
func (c CandidateToolchain) sources(dir, pkg string) (files map[string]string, fixed []string, err error) {
	folder := filepath.Join(dir, filepath.FromSlash(pkg))
	chosen := c.toolchain.buildContext()
	found, err := chosen.ImportDir(folder, 0)
	if err != nil {
		return nil, nil, &Error{Stage: "vet", Output: c.toolchain.tidy(err.Error(), dir)}
	}
	files = map[string]string{}
	for _, name := range found.GoFiles {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return nil, nil, fmt.Errorf("read a candidate's source: %w", err)
		}
		name = filepath.ToSlash(filepath.Join(filepath.Clean(filepath.FromSlash(pkg)), name))
		files[name] = string(text)
		if !mutable.Is(name) {
			fixed = append(fixed, name)
		}
	}
	if len(files) == 0 {
		return nil, nil, fmt.Errorf("read a candidate's source: %w", fs.ErrNotExist)
	}
	return files, fixed, nil
}
