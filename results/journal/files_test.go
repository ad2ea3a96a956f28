package journal

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// compareGolden compares got with testdata/name, or writes it under -update.
func compareGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-golden +got); run go test -update if that is meant:\n%s", path, diff)
	}
}

func TestWriteFiles(t *testing.T) {
	records, err := Read(writeStory(t, story()))
	if err != nil {
		t.Fatal(err)
	}
	run, experiments, err := Fold(records)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, RowsFile), []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // writing again changes nothing
		if err := WriteFiles(dir, run, experiments); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{RowsFile, SummaryFile} {
			got, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			compareGolden(t, name, got)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

func TestWriteFilesToNowhere(t *testing.T) {
	if err := WriteFiles(filepath.Join(t.TempDir(), "none"), Run{}, nil); err == nil {
		t.Error("files were written to a folder that is not there")
	}
}
