package inspect

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/format"
	"os"
	"path"
	"strings"

	"github.com/ternlab/ternlab/workspace/allow"
)

// Command is the first argument with which a program is asked to inspect; it then
// has to call [Main] with the others.
const Command = "ternlab-inspect"

// Request is source to inspect: to format, or, with Package, to check.
type Request struct {
	Files   map[string]string `json:"files"` // text by name
	Package *Package          `json:"package,omitempty"`
}

// Package says what the files are part of.
type Package struct {
	Path      string            `json:"path"`
	Fixed     []string          `json:"fixed"`      // names of files that no candidate may change
	GoVersion string            `json:"go_version"` // of the language: "go1.26"
	Arch      string            `json:"arch"`
	Exports   map[string]string `json:"exports"` // the compiler's export data by import path, as files
}

// Answer is what came of it.
type Answer struct {
	Files    map[string]string `json:"files,omitempty"`    // formatted
	Problems []string          `json:"problems,omitempty"` // why it doesn't parse or compile: "trainer/loss.go:12:3: …"
	Findings []allow.Finding   `json:"findings,omitempty"` // what mutable code may not do
}

// Main inspects: its arguments are the files of the request and for the answer. It
// returns the exit code.
func Main(args []string) int {
	if len(args) != 2 {
		fmt.Fprintln(os.Stderr, Command+": is started by the agent")
		return 2
	}
	if err := serve(args[0], args[1]); err != nil {
		fmt.Fprintln(os.Stderr, Command+":", err)
		return 1
	}
	return 0
}

func serve(requestFile, answerFile string) error {
	text, err := os.ReadFile(requestFile)
	if err != nil {
		return err
	}
	var request Request
	if err := json.Unmarshal(text, &request); err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	answer, err := Inspect(request)
	if err != nil {
		return err
	}
	if text, err = json.Marshal(answer); err != nil {
		return err
	}
	return os.WriteFile(answerFile, text, 0o644)
}

// Inspect does what a request asks for.
func Inspect(request Request) (Answer, error) {
	if request.Package == nil {
		return formatted(request.Files), nil
	}
	return checked(request.Files, *request.Package)
}

// formatted brings Go files into gofmt's form and leaves others as they are.
func formatted(files map[string]string) Answer {
	answer := Answer{Files: make(map[string]string, len(files))}
	for name, text := range files {
		if path.Ext(name) != ".go" || text == "" {
			answer.Files[name] = text
			continue
		}
		source, err := format.Source([]byte(text))
		if err != nil {
			for problem := range strings.SplitSeq(err.Error(), "\n") {
				answer.Problems = append(answer.Problems, name+":"+problem)
			}
		}
		answer.Files[name] = string(source)
	}
	return answer
}

// checked holds a package to what mutable code may use.
func checked(files map[string]string, p Package) (Answer, error) {
	fixed := map[string]bool{}
	for _, name := range p.Fixed {
		fixed[name] = true
	}
	findings, err := allow.Check(allow.List(), allow.Package{
		Path: p.Path, Files: files, Fixed: fixed, Importer: importer(p.Exports), GoVersion: p.GoVersion, Arch: p.Arch,
	})
	if broken := new(allow.TypeError); errors.As(err, &broken) {
		return Answer{Problems: broken.Problems}, nil
	}
	return Answer{Findings: findings}, err
}
