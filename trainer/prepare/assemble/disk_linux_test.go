package assemble_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/trainer/prepare"
	"github.com/ternlab/ternlab/trainer/prepare/hub"
)

// Linux has a device that is always full.
func TestFullDisk(t *testing.T) {
	for _, name := range []string{"model.safetensors.part", "train.tokens.part"} {
		o := options(t)
		folder := filepath.Join(o.Data, prepare.SmolLM)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("/dev/full", filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
		err := run(t.Context(), t, newServer(t), o, func() {})
		if !errors.Is(err, hub.ErrDiskFull) || !strings.Contains(err.Error(), "free some space") {
			t.Errorf("%s: error %v, want that the disk is full", name, err)
		}
	}
}
