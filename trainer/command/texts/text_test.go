package texts

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/trainer/prepare/corpus"
)

// runText runs one of the evaluator's commands for texts.
func runText(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	for _, command := range New() {
		if command.Name() != arguments[0] {
			continue
		}
		var output bytes.Buffer
		command.SetOut(&output)
		command.SetArgs(arguments[1:])
		command.SilenceErrors, command.SilenceUsage = true, true
		err := command.Execute()
		return output.String(), err
	}
	t.Fatalf("there is no command %s", arguments[0])
	return "", nil
}

func TestTextIsMadeFromItsSeed(t *testing.T) {
	seed := strings.Repeat("0", 63) + "7"
	want := corpus.SecretProse(corpus.Seed{31: 7}, corpus.EvalBytes)
	if text, err := runText(t, "text", "--seed", seed); err != nil || text != want {
		t.Errorf("it writes %d bytes to stdout, want %d: %v", len(text), len(want), err)
	}
	folder := t.TempDir()
	seedFile, out := filepath.Join(folder, "seed"), filepath.Join(folder, "text")
	if err := os.WriteFile(seedFile, []byte(seed+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := runText(t, "text", "--seed-file", seedFile, "--out", out); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(out); err != nil || string(text) != want {
		t.Errorf("it writes %d bytes to the file, want %d: %v", len(text), len(want), err)
	}
	if info, err := os.Stat(out); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, want 0600: %v", info.Mode(), err)
	}
}

func TestTextRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		arguments []string
		want      string
	}{
		"no seed":        {nil, "want either --seed or --seed-file"},
		"a short seed":   {[]string{"--seed", "5f"}, "the seed is not 64 hexadecimal digits"},
		"no generator":   {[]string{"--seed", strings.Repeat("0", 64), "--preset", "smollm-135m"}, "has no generator of texts"},
		"no file":        {[]string{"--seed-file", "/nonexistent"}, "read the seed"},
		"unwritable out": {[]string{"--seed", strings.Repeat("0", 64), "--out", "/nonexistent/x"}, "write the text"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := runText(t, append([]string{"text"}, test.arguments...)...); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("it says %v, want %q", err, test.want)
			}
		})
	}
}

func TestCheckText(t *testing.T) {
	read := func(file string) string {
		text, err := os.ReadFile(filepath.Join("..", "..", "prepare", file))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	eval, train := read("unseen/eval.txt"), read("nano/train.txt")
	other := corpus.SecretProse(corpus.Seed{1}, corpus.EvalBytes)
	for name, test := range map[string]struct{ text, want string }{
		"another text":            {other, ""},
		"in the same manner":      {corpus.Prose(12345, corpus.EvalBytes), ""},
		"foreign words":           {strings.Repeat("Größe, Maß und Ziel; été, naïve. 中文 ", 100), ""},
		"too short":               {"A few words.", "a window of preset nano takes 128"},
		"no UTF-8":                {"\xff\xfe" + other, "is no UTF-8 text"},
		"the evaluation text":     {eval, "100 % of "},
		"most of it":              {eval[3000:] + other[:3000], "stands in the evaluation text"},
		"it and as much again":    {other + eval, "stands in the evaluation text"},
		"cut out of the training": {train[100_000:120_000], "stands in the training text"},
		"its end":                 {train[len(train)-5000:], "stands in the training text"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "text")
			if err := os.WriteFile(file, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			said, err := runText(t, "check-text", "--text", file)
			switch {
			case test.want == "" && (err != nil || !strings.Contains(said, `"windows":`)):
				t.Errorf("it is refused: %v %s", err, said)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("it says %v, want %q", err, test.want)
			}
		})
	}
}
