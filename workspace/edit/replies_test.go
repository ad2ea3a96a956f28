package edit

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite what the replies in testdata are expected to give")

// TestReplies takes replies as models write them through parsing, applying and the
// guard. Each file of testdata/replies holds one with its outcome: a hypothesis
// and a diff, or an error.
func TestReplies(t *testing.T) {
	files := mutableFiles(t)
	paths, err := filepath.Glob("testdata/replies/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no replies found: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			story, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			parts := partsOf(story)
			got := map[string]string{"reply": parts["reply"]}
			change, after, err := tryReply(files, parts["reply"])
			if err != nil {
				got["error"] = err.Error() + "\n"
			} else {
				got["hypothesis"] = change.Hypothesis + "\n"
				got["diff"] = UnifiedDiff(files, after)
			}
			if *update {
				writeStory(t, path, story, got)
				return
			}
			if diff := cmp.Diff(parts, got); diff != "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
		})
	}
}

func tryReply(files map[string]string, reply string) (Change, map[string]string, error) {
	change, err := ParseReply(reply)
	if err != nil {
		return Change{}, nil, err
	}
	if err := GuardEdits(files, change.Edits); err != nil {
		return Change{}, nil, err
	}
	after, err := Apply(files, change.Edits)
	if err != nil {
		return Change{}, nil, err
	}
	return change, after, Guard(files, after)
}

func writeStory(t *testing.T, path string, story *txtar.Archive, parts map[string]string) {
	t.Helper()
	story.Files = nil
	for _, name := range []string{"reply", "error", "hypothesis", "diff"} {
		if text, ok := parts[name]; ok {
			story.Files = append(story.Files, txtar.File{Name: name, Data: []byte(text)})
		}
	}
	if err := os.WriteFile(path, txtar.Format(story), 0o600); err != nil {
		t.Fatal(err)
	}
}

func mutableFiles(tb testing.TB) map[string]string {
	tb.Helper()
	archive, err := txtar.ParseFile("testdata/mutable.txtar")
	if err != nil {
		tb.Fatal(err)
	}
	return partsOf(archive)
}

func partsOf(archive *txtar.Archive) map[string]string {
	parts := map[string]string{}
	for _, file := range archive.Files {
		parts[file.Name] = string(file.Data)
	}
	return parts
}

// Replies that a text file can't hold.
func TestParseReplyRefuses(t *testing.T) {
	tests := map[string]struct{ reply, reason string }{
		"nothing":       {"", "empty"},
		"blanks":        {" \n\t\n", "empty"},
		"invalid UTF-8": {"{\"edits\": [{\"file\": \"a.go\", \"search\": \"\xff\"}]}", "UTF-8"},
		"ten megabytes": {strings.Repeat("cosine ", 10<<20/7), "bytes long"},
		"NUL":           {"\x00", "found no edit"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			change, err := ParseReply(test.reply)
			var refused *ReplyError
			if !errors.As(err, &refused) {
				t.Fatalf("ParseReply gave %+v, %v; want a *ReplyError", change, err)
			}
			if !strings.Contains(refused.Reason, test.reason) {
				t.Errorf("reason is %q, want it to mention %q", refused.Reason, test.reason)
			}
		})
	}
}

func TestParseReplyTakesWindowsLineEnds(t *testing.T) {
	reply := "Hypothesis: cosine.\r\n\r\ntrainer/recipe.go\r\n<<<<<<< SEARCH\r\n\"linear\"\r\n=======\r\n\"cosine\"\r\n>>>>>>> REPLACE\r\n"
	want := Change{
		Hypothesis: "cosine.",
		Edits:      []Edit{{File: "trainer/recipe.go", Search: "\"linear\"\n", Replace: "\"cosine\"\n"}},
	}
	got, err := ParseReply(reply)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("change (-want +got):\n%s", diff)
	}
}

func FuzzParseReply(f *testing.F) {
	paths, err := filepath.Glob("testdata/replies/*.txtar")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no replies found: %v", err)
	}
	for _, path := range paths {
		story, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(partsOf(story)["reply"])
	}
	files := mutableFiles(f)
	f.Fuzz(func(t *testing.T, reply string) {
		change, err := ParseReply(reply)
		if err != nil {
			var refused *ReplyError
			if !errors.As(err, &refused) || refused.Reason == "" {
				t.Fatalf("error is %v, want a *ReplyError with a reason", err)
			}
			return
		}
		if len(change.Edits) == 0 {
			t.Fatal("change has no edit")
		}
		named := map[string]bool{}
		for _, edit := range change.Edits {
			if edit.File == "" {
				t.Fatalf("edit %+v names no file", edit)
			}
			named[edit.File] = true
		}
		after, err := Apply(files, change.Edits)
		if err != nil {
			return
		}
		for file := range after {
			if !named[file] {
				t.Fatalf("%s changed, but is not named by %+v", file, change.Edits)
			}
		}
	})
}
