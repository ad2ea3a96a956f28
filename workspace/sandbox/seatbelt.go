package sandbox

import (
	"fmt"
	"path/filepath"
	"strings"
)

// seatbeltProfile is a profile for macOS's sandbox-exec: all is denied that isn't
// allowed below, the network and other processes first of all.
func seatbeltProfile(grant Grant, program string) string {
	var profile strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&profile, format+"\n", args...) }
	line("(version 1)")
	line("(deny default)")
	line("(deny network*)")
	line("(allow sysctl-read)")
	line("(allow signal (target self))")
	line("(allow process-exec (literal %s))", quote(program))
	if grant.Processes {
		line("(allow process-fork)")
		line("(allow signal (target children))")
	}
	line("(allow file-read-metadata)")
	for _, folder := range []string{"/usr/lib", "/System/Library", "/System/Volumes/Preboot/Cryptexes", "/Library/Apple/System", "/private/var/db/dyld"} {
		line("(allow file-read* (subpath %s))", quote(folder))
	}
	for _, device := range []string{"/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"} {
		line("(allow file-read* file-write-data (literal %s))", quote(device))
	}
	line("(allow file-read* (literal %s))", quote(program))
	for _, path := range grant.Read {
		line("(allow file-read* (subpath %s))", quote(path))
		if grant.Processes {
			line("(allow process-exec (subpath %s))", quote(path))
		}
	}
	for _, path := range grant.Write {
		line("(allow file-read* file-write* (subpath %s))", quote(path))
	}
	// Granted folders themselves can't be moved away or replaced.
	for _, path := range append(grant.Read, grant.Write...) {
		for folder := path; folder != "/" && folder != "."; folder = filepath.Dir(folder) {
			line("(deny file-write-unlink (literal %s))", quote(folder))
		}
	}
	if len(grant.Devices) > 0 {
		line("(allow iokit-open)") // the GPU
		line("(allow mach-lookup)")
	}
	return profile.String()
}

// quote writes a string as the profile's language has them.
func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
