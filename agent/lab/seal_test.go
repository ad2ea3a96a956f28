package lab

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSealNamesWhatChanged(t *testing.T) {
	work := t.TempDir()
	files := map[string]string{
		"trainer/recipe.go": "mutable", "trainer/main.go": "fixed", "trainer/evaluate/evaluate.go": "fixed", "data/eval.json": "text",
	}
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(work, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range files {
		write(name, text)
	}
	s := Seal{}
	if err := s.addFixed(work); err != nil {
		t.Fatal(err)
	}
	if err := s.addAll(filepath.Join(work, "nowhere")); err != nil {
		t.Errorf("a preset that isn't on disk: %v", err)
	}
	write("trainer/recipe.go", "what experiments are for")
	if err := s.check(); err != nil {
		t.Errorf("only a mutable file has changed: %v", err)
	}
	for name, text := range files {
		if name == "trainer/recipe.go" {
			continue
		}
		write(name, text+" and more")
		if err := s.check(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s has changed: %v", name, err)
		}
		if err := os.Remove(filepath.Join(work, name)); err != nil {
			t.Fatal(err)
		}
		if err := s.check(); err == nil || !strings.Contains(err.Error(), name+" (gone)") {
			t.Errorf("%s is gone: %v", name, err)
		}
		write(name, text)
	}
}
