//go:build !(cgo && !noxla && ((linux && (amd64 || arm64)) || (darwin && arm64)))

package backend

import "github.com/gomlx/compute"

// pluginBuild says that this program can load plugins.
const pluginBuild = false

func openPlugin(engine, _ string, _ ...string) (compute.Backend, error) {
	return nil, thisMachine().unsupported(engine)
}

// Install fetches plugins, which this build can't use.
func Install() error { return thisMachine().unsupported(XLA) }
