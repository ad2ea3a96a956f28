// Package version says which version of this project a program was built from. It
// reads what the go command wrote into the program; nothing is set by hand.
package version

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// unknown is the version of a program that was built without any.
const unknown = "devel"

// Version is the module's version: of a release "v0.1.0"; of a build from a git
// checkout a pseudo-version, which has the commit's time and hash, and "+dirty"
// behind it where files had changed; else "devel".
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return unknown
	}
	return of(*info)
}

func of(info debug.BuildInfo) string {
	if version := info.Main.Version; version != "" && version != "(devel)" {
		return version
	}
	settings := map[string]string{}
	for _, setting := range info.Settings {
		settings[setting.Key] = setting.Value
	}
	commit := settings["vcs.revision"]
	if commit == "" {
		return unknown
	}
	if settings["vcs.modified"] == "true" {
		commit += "+dirty"
	}
	return unknown + " " + commit
}

// Line is what --version prints behind the program's name: the version, that of
// Go, and the platform.
func Line() string {
	return fmt.Sprintf("%s, %s, %s/%s", Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
