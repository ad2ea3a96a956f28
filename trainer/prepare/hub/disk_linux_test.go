package hub_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/trainer/prepare/hub"
)

// Linux has a device that is always full.
func TestFullDisk(t *testing.T) {
	server := newServer(t)
	client := newClient(t, server.URL, "")
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := os.Symlink("/dev/full", path+".part"); err != nil {
		t.Fatal(err)
	}
	err := client.Fetch(t.Context(), describe(t, client, "model.safetensors"), path, ignore)
	if !errors.Is(err, hub.ErrDiskFull) || !strings.Contains(err.Error(), "free some space") {
		t.Errorf("error %v, want that the disk is full", err)
	}
}
