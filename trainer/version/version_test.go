package version

import (
	"runtime/debug"
	"testing"
)

func TestOf(t *testing.T) {
	built := func(version string, settings ...debug.BuildSetting) debug.BuildInfo {
		return debug.BuildInfo{Main: debug.Module{Version: version}, Settings: settings}
	}
	commit := debug.BuildSetting{Key: "vcs.revision", Value: "0123abc"}
	changed := debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	for _, test := range []struct {
		name string
		info debug.BuildInfo
		want string
	}{
		{"a release", built("v0.1.0", commit), "v0.1.0"},
		{"a checkout", built("v0.0.0-20261128150405-0123abc+dirty", commit, changed), "v0.0.0-20261128150405-0123abc+dirty"},
		{"a checkout of an older Go", built("(devel)", commit), "devel 0123abc"},
		{"a changed checkout of an older Go", built("(devel)", commit, changed), "devel 0123abc+dirty"},
		{"no git at all", built(""), "devel"},
	} {
		if got := of(test.info); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
