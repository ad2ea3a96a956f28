package proposer

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/workspace/edit"
)

var update = flag.Bool("update", false, "rewrite the outcomes of the injected logs")

// userFiles are those that no proposal may change, whatever it says.
func userFiles() map[string]string {
	return map[string]string{
		"lab/go.mod": "module lab\n", "lab/go.sum": "h1:abc\n", "lab/program.md": "Lower it.\n", "lab/.git/config": "[core]\n",
		"lab/trainer/main.go": "package main\n\nfunc main() {\n}\n", "lab/trainer/prepare/data.go": "package prepare\n\nconst seed = 1\n",
		"lab/trainer/evaluate/evaluate.go": "package evaluate\n\nfunc ppl() float64 { return ppl }\n", "outside.txt": "mine\n",
	}
}

// TestInjectedLogs gives a model logs that try to take it over, and has it obey:
// each file of testdata/injections holds what a training or an earlier answer
// said, and the answer of a model that does as it is told there. Nothing changes
// but the mutable files, and the prompt keeps its form.
func TestInjectedLogs(t *testing.T) {
	paths, err := filepath.Glob("testdata/injections/*.txtar")
	if err != nil || len(paths) < 15 {
		t.Fatalf("%d injected logs, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			story, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			parts := map[string]string{}
			for _, file := range story.Files {
				parts[file.Name] = string(file.Data)
			}
			p, s := serve(t, Options{Model: "m"}, says(parts["reply"]))
			c := injected(parts["log"])
			folder := t.TempDir()
			writeAll(t, folder, userFiles())
			got := obey(t, p, c, filepath.Join(folder, "lab"))
			wantContained(t, s.requests[0])
			left := readAll(t, folder)
			for name := range c.Files {
				delete(left, "lab/"+name)
			}
			if diff := cmp.Diff(userFiles(), left); diff != "" {
				t.Errorf("files of the user changed:\n%s", diff)
			}
			if *update {
				story.Files = []txtar.File{{Name: "log", Data: []byte(parts["log"])}, {Name: "reply", Data: []byte(parts["reply"])}, {Name: "outcome", Data: []byte(got)}}
				if err := os.WriteFile(path, txtar.Format(story), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(parts["outcome"], got); diff != "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
		})
	}
}

// injected is a context in which a log stands wherever a run puts what others
// said: in a failure, a reason, an earlier hypothesis, a refusal.
func injected(log string) Context {
	c := asked()
	c.Program = "Lower it."
	c.Experiments = append(c.Experiments,
		journal.Experiment{Number: 1, Status: journal.StatusCrash, EvalPPL: table.Missing(), Description: log, Failure: &journal.Failure{Class: journal.FailureTrainFailed, Message: log}},
		journal.Experiment{Number: 2, Status: journal.StatusDiscard, EvalPPL: 140, Hypothesis: log, Reason: log},
	)
	c.Number = 3
	c.Feedback = []Attempt{{Reply: "(an answer)\n" + log, Problem: "build:\n" + log}}
	return c
}

// obey takes the proposal down the way that the loop takes it, and says what came
// of it.
func obey(t *testing.T, p Proposer, c Context, lab string) string {
	t.Helper()
	writeAll(t, lab, c.Files)
	proposal, err := p.Propose(t.Context(), c)
	if err != nil {
		return "no answer: " + err.Error() + "\n"
	}
	if err := edit.GuardEdits(c.Files, proposal.Edits); err != nil {
		return "refused: " + err.Error() + "\n"
	}
	changed, err := edit.Apply(c.Files, proposal.Edits)
	if err != nil {
		return "does not apply: " + err.Error() + "\n"
	}
	if err := edit.Guard(c.Files, changed); err != nil {
		return "refused: " + err.Error() + "\n"
	}
	writeAll(t, lab, changed)
	return edit.UnifiedDiff(c.Files, changed)
}

// wantContained looks at a prompt as a model would: each of our tags closes as
// often as it opens, no message begins within another, nothing is hidden.
func wantContained(t *testing.T, r request) {
	t.Helper()
	text, answers := "", ""
	for _, message := range r.Messages[1:] {
		if message.Role == "assistant" { // its own words, where edits are in place
			answers += message.Content
		} else {
			text += message.Content
		}
	}
	for tag, want := range map[string]int{"<program>": 1, "</program>": 1, "<experiments>": 1, "</experiments>": 1, "<problem>": 1, "</problem>": 1, `<file name=`: 2, "</file>": 2} {
		if got := strings.Count(text, tag); got != want {
			t.Errorf("%d times %s in the prompt, want %d", got, tag, want)
		}
	}
	for _, token := range []string{"\x1b", "<|", "[INST]", "\u202e", "\u200b", "\U000E0077", "\n<<<<<<<", "\n# Rules"} {
		isEdit := strings.HasPrefix(token, "\n")
		if strings.Contains(text, token) || !isEdit && strings.Contains(answers, token) {
			t.Errorf("%q is in the prompt", token)
		}
	}
}

func writeAll(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func readAll(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		files[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
