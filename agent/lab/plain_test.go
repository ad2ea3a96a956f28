package lab

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestMustBePlain(t *testing.T) {
	for name, test := range map[string]struct {
		change func(folder string) error
		want   string
	}{
		"two files": {func(string) error { return nil }, ""},
		"no export": {os.RemoveAll, "no export was written"},
		"a file in its place": {func(folder string) error {
			return replace(folder, func() error { return os.WriteFile(folder, nil, 0o644) })
		}, "no export was written"},
		"a link in its place": {func(folder string) error {
			return replace(folder, func() error { return os.Symlink(t.TempDir(), folder) })
		}, "no export was written"},
		"a link": {func(folder string) error {
			return os.Symlink("/etc/hostname", filepath.Join(folder, "index.json"))
		}, `"index.json" in the export is no plain file`},
		"a folder":      {func(folder string) error { return os.Mkdir(filepath.Join(folder, "more"), 0o755) }, `"more" in the export is no plain file`},
		"a hidden file": {func(folder string) error { return os.WriteFile(filepath.Join(folder, ".x"), nil, 0o644) }, `".x" in the export is hidden`},
		"many files": {func(folder string) error {
			for i := range 1000 {
				if err := os.WriteFile(filepath.Join(folder, strconv.Itoa(i)), nil, 0o644); err != nil {
					return err
				}
			}
			return nil
		}, "more than 8 files"},
		"a file of 5 GiB": {func(folder string) error {
			return os.Truncate(filepath.Join(folder, "model.safetensors"), 5<<30) // a hole: it takes no disk
		}, "the export has 5368709120 bytes, want at most"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "export")
			if err := os.Mkdir(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{"config.json", "model.safetensors"} {
				if err := os.WriteFile(filepath.Join(folder, file), nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if err := test.change(folder); err != nil {
				t.Fatal(err)
			}
			err := mustBePlain(folder)
			if test.want == "" && err != nil {
				t.Error(err)
			}
			if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error is %v, want one with %q", err, test.want)
			}
		})
	}
}

// replace removes a folder and puts something else in its place.
func replace(folder string, put func() error) error {
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	return put()
}
