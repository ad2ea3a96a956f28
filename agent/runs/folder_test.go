package runs

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTagsPutsTheLastWrittenFirst(t *testing.T) {
	root := t.TempDir()
	now := time.Now()
	for tag, age := range map[string]time.Duration{"nov22": 2 * time.Hour, "nov24": 0, "nov23": time.Hour} {
		journal := NewFolder(root, tag).Journal()
		write(t, journal, "{}\n")
		if err := os.Chtimes(journal, now, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, NewFolder(root, "empty").Journal(), "")
	write(t, filepath.Join(root, "runs", "by-hand", "results.tsv"), "")
	got, err := Tags(root)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"nov24", "nov23", "nov22"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestLoadWithoutARun(t *testing.T) {
	root := t.TempDir()
	write(t, NewFolder(root, "empty").Journal(), "")
	for _, tag := range []string{"missing", "empty"} {
		if _, _, err := NewFolder(root, tag).Load(); !errors.Is(err, ErrNoRun) {
			t.Errorf("run %s: error %v, want ErrNoRun", tag, err)
		}
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
