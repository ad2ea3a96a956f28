package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ternlab/ternlab/workspace/buildcache"
	"github.com/ternlab/ternlab/workspace/diskuse"
	"github.com/ternlab/ternlab/workspace/proc"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

// candidateTag leaves evaluation texts, and what makes them, out of a build.
const candidateTag = "candidate"

// unseenFiles are what a candidate must not even be built beside, as patterns from
// the module's root: evaluation texts that are in the repository, and their generator.
func unseenFiles() []string {
	return []string{"trainer/prepare/unseen/*.txt", "trainer/prepare/corpus", "trainer/pretrain"}
}

// HideUnseen removes, from a run's copy of the source tree, what candidates must
// not see.
func HideUnseen(work string) error {
	for _, pattern := range unseenFiles() {
		found, err := filepath.Glob(filepath.Join(work, filepath.FromSlash(pattern)))
		if err != nil {
			return fmt.Errorf("hide %s: %w", pattern, err)
		}
		for _, path := range found {
			if err := diskuse.RemoveAll(path); err != nil {
				return fmt.Errorf("hide %s: %w", pattern, err)
			}
		}
	}
	return nil
}

// CandidateToolchain builds candidates: in a sandbox, without evaluation texts, and
// from compiled packages that no candidate can have written.
type CandidateToolchain struct {
	toolchain Toolchain
	sandbox   sandbox.Sandbox
	cache     string // see package buildcache
	self      string // this program
}

// ForCandidates prepares for building candidates; cache is a folder of the run's
// own, filled by [CandidateToolchain.Fill].
func (t Toolchain) ForCandidates(kept sandbox.Sandbox, cache string) (CandidateToolchain, error) {
	self, err := os.Executable()
	if err != nil {
		return CandidateToolchain{}, fmt.Errorf("find the agent's own file: %w", err)
	}
	for _, path := range []string{self, cache} {
		if !buildcache.Quotable(path) {
			return CandidateToolchain{}, fmt.Errorf("the path %s has a quotation mark or a line break in it; move the project or the agent elsewhere", path)
		}
	}
	return CandidateToolchain{toolchain: t, sandbox: kept, cache: cache, self: self}, nil
}

// filled marks a cache that is complete.
func (c CandidateToolchain) filled() string { return filepath.Join(c.cache, "filled") }

// IsFilled tells whether the cache holds all that [CandidateToolchain.Fill] puts there.
func (c CandidateToolchain) IsFilled() bool {
	_, err := os.Stat(c.filled())
	_, exportsErr := os.Stat(exportsFile(c.cache))
	return err == nil && exportsErr == nil
}

// Fill builds a package ("./trainer") of the trusted module at dir, outside the
// sandbox, so that the cache holds all that the package's candidates are made of.
// It does nothing where that has been done.
func (c CandidateToolchain) Fill(ctx context.Context, dir, pkg string) error {
	if c.IsFilled() {
		return nil
	}
	if err := diskuse.RemoveAll(c.cache); err != nil {
		return fmt.Errorf("empty the build cache: %w", err)
	}
	if err := os.MkdirAll(c.cache, 0o755); err != nil {
		return fmt.Errorf("make the build cache: %w", err)
	}
	env := append(c.env(buildEnv()), "GOCACHEPROG="+buildcache.Program(c.self, c.toolchain.cache, c.cache, true))
	for _, arguments := range [][]string{{"vet", pkg}, {"build", "-o", filepath.Join(c.cache, "built"), pkg}} {
		err := c.toolchain.invoke(ctx, proc.Process{Args: arguments, Env: env, Dir: dir})
		if err != nil {
			return fmt.Errorf("fill the build cache: %w", err)
		}
	}
	if err := c.writeExports(ctx, dir, pkg, env); err != nil {
		return fmt.Errorf("fill the build cache: %w", err)
	}
	return os.WriteFile(c.filled(), nil, 0o644)
}

// Build checks the types of a package of the candidate's module at dir, vets it and
// compiles it into the file output. What is wrong with it is a [*Error], what
// mutable code may not do a [*edit.GuardError].
func (c CandidateToolchain) Build(ctx context.Context, dir, pkg, output string) error {
	if err := c.checkTypes(ctx, dir, pkg); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(output), 0o755); err != nil {
		return fmt.Errorf("make the folder of %s: %w", output, err)
	}
	scratch, err := os.MkdirTemp(filepath.Dir(output), ".build-")
	if err != nil {
		return fmt.Errorf("make a folder to build in: %w", err)
	}
	defer func() { _ = diskuse.RemoveAll(scratch) }()
	built := filepath.Join(scratch, filepath.Base(output))
	for _, arguments := range [][]string{{"vet", pkg}, {"build", "-o", built, pkg}} {
		if err := c.toolchain.invoke(ctx, c.process(dir, scratch, arguments)); err != nil {
			return err
		}
	}
	info, err := os.Lstat(built)
	if err != nil || !info.Mode().IsRegular() {
		return errors.Join(fmt.Errorf("build %s: no program came of it", pkg), err)
	}
	if err := os.Chmod(built, 0o755); err != nil {
		return fmt.Errorf("build %s: %w", pkg, err)
	}
	return os.Rename(built, output)
}

// process is a build in the sandbox, which writes to scratch alone.
func (c CandidateToolchain) process(dir, scratch string, arguments []string) proc.Process {
	above := filepath.Join(scratch, "cache")
	return proc.Process{
		Args: arguments,
		Dir:  dir,
		Env: append(
			c.env(candidateBuildEnv()),
			"GOCACHEPROG="+buildcache.Program(c.self, c.cache, above, false),
			"GOPROXY=off", "HOME="+scratch, "TMPDIR="+scratch, "GOTMPDIR="+scratch,
			"GOCACHE="+filepath.Join(scratch, "unused"), "GOPATH="+filepath.Join(scratch, "gopath"),
		),
		Timeout:   candidateTimeout,
		Sandbox:   c.sandbox,
		DiskBytes: 8 << 30,
		Grant: sandbox.Grant{
			Read: append([]string{
				dir, c.self, c.cache, c.toolchain.Go, c.toolchain.root, c.toolchain.modules,
				"/bin", "/usr/bin", "/usr/local/bin", "/usr/libexec", "/usr/include", "/usr/local/include", // a C compiler
				"/etc/alternatives", "/Library/Developer", "/Applications/Xcode.app",
			}, sandbox.WithoutHolders(c.toolchain.cFiles, []string{dir, c.cache, os.Getenv("HOME")})...),
			Write:     []string{scratch},
			Processes: true,
			Limits:    sandbox.Limits{MemoryBytes: 4 << 30, FileBytes: 4 << 30, OpenFiles: 4096},
		},
	}
}

// env is the environment of all of a run's builds of candidates. What the compiled
// packages depend on must not differ between them.
func (c CandidateToolchain) env(variables []string) []string {
	env := append(c.toolchain.env(variables), "GOENV=off", "GOMODCACHE="+c.toolchain.modules)
	for i, variable := range env {
		flags, ok := strings.CutPrefix(variable, "GOFLAGS=")
		switch {
		case !ok:
		case strings.Contains(flags, "-tags="):
			env[i] = variable + "," + candidateTag
		default:
			env[i] = variable + " -tags=" + candidateTag
		}
	}
	return env
}
