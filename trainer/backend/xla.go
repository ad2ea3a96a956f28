//go:build cgo && !noxla && ((linux && (amd64 || arm64)) || (darwin && arm64))

package backend

import (
	"fmt"
	"os"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/go-xla/compute/xla" // registers the xla backend
)

// XLABuilt says whether this program can load XLA plugins at all.
const XLABuilt = true

// openXLA opens the XLA backend with an installed plugin. PJRT_PLUGIN naming a
// file takes that one; a lookup by name is left to go-xla.
func openXLA() (Engine, error) {
	// Fetching a plugin is a download of some 100 MB that nobody asked for.
	if err := os.Setenv("GOMLX_NO_AUTO_INSTALL", "1"); err != nil {
		return Engine{}, fmt.Errorf("open xla backend: %w", err)
	}
	config := "xla"
	if plugin := os.Getenv("PJRT_PLUGIN"); plugin != "" {
		config += ":" + plugin
	}
	engine, err := compute.NewWithConfig(config)
	if err != nil {
		return Engine{}, fmt.Errorf("open xla backend: %w; name a PJRT plugin file in PJRT_PLUGIN, or use --backend go", err)
	}
	return Engine{Backend: engine, Name: XLA, Reason: "asked for"}, nil
}
