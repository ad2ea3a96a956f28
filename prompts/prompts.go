package prompts

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"text/template"
)

//go:embed *.md.tmpl
var templates embed.FS

// Data is what the templates are filled with.
type Data struct {
	Program     string // The human's brief, program.md.
	Files       []File // The champion's mutable files.
	Experiments []Experiment
	Omitted     int    // Older experiments that the table leaves out.
	Steps       int    // Training steps of one experiment.
	Number      int    // The number of the experiment to propose.
	Best        string // The champion's eval_ppl: "127.95"; empty before the baseline.
}

// File is a file that may be changed.
type File struct{ Name, Text string }

// Experiment is a row of the table of what was tried. Long cells are cut.
type Experiment struct {
	Number      int
	Status      string // keep, discard, crash or running.
	EvalPPL     string // "131.20", or empty where it was not measured.
	Description string // What was changed.
	Hypothesis  string
	Outcome     string // The verdict's sentence, or the failure's class and message.
}

// Lengths in characters that keep a prompt within a small model's context.
const (
	maxProgram = 20_000
	maxCell    = 240
	maxProblem = 6_000
)

// System returns the standing instructions: the task, the rules, the format of
// an answer.
func System(data Data) (string, error) { return render("system.md.tmpl", data) }

// Propose returns the request for one change.
func Propose(data Data) (string, error) { return render("propose.md.tmpl", data) }

// Repair returns the request to answer again after a refused change. The
// problem says why it was refused.
func Repair(problem string) (string, error) { return render("repair.md.tmpl", problem) }

// Reply returns a refused answer as it goes back to the model that gave it: no
// part of it begins another turn of the conversation.
func Reply(text string) string { return newSanitizer().clean(text) }

func render(name string, data any) (string, error) {
	s := newSanitizer()
	functions := template.FuncMap{"cell": s.cell, "program": s.program, "problem": s.problem, "names": names}
	parsed, err := template.New(name).Funcs(functions).ParseFS(templates, name)
	if err != nil {
		return "", fmt.Errorf("parse prompt %s: %w", name, err)
	}
	var text strings.Builder
	if err := parsed.Execute(&text, data); err != nil {
		return "", fmt.Errorf("fill prompt %s: %w", name, err)
	}
	return text.String(), nil
}

// names lists the files that may be changed.
func names(files []File) string {
	list := make([]string, len(files))
	for i, file := range files {
		list[i] = file.Name
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
