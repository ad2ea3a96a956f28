//go:build cgo && !noxla && ((linux && (amd64 || arm64)) || (darwin && arm64))

package backend

import (
	"fmt"
	"os"

	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla"
)

// openXLA opens the XLA backend with an installed plugin.
func openXLA() (Engine, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return Engine{}, fmt.Errorf("open xla backend: %w", err)
	}
	plugin, err := findPlugin(os.Getenv, home)
	if err != nil {
		return Engine{}, fmt.Errorf("open xla backend: %w", err)
	}
	// Fetching a plugin is a download of 100 MB that nobody asked for.
	xla.EnableAutoInstall(false)
	engine, err := compute.NewWithConfig("xla:" + plugin)
	if err != nil {
		return Engine{}, fmt.Errorf("open xla backend with %s: %w", plugin, err)
	}
	return Engine{Backend: engine, Name: XLA, Reason: "asked for, with " + plugin}, nil
}
