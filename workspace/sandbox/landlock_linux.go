package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/landlock-lsm/go-landlock/landlock"
	abi "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// leastLandlock is the first version that keeps files from being truncated.
const leastLandlock = 3

// landlockVersion is the newest version that both the kernel and we know; 0 if
// there is none that serves.
func landlockVersion() int {
	version, err := abi.LandlockGetABIVersion()
	if err != nil || version < leastLandlock {
		return 0
	}
	return min(version, leastLandlock+len(landlockConfigs())-1)
}

// landlockConfigs are the strict configurations from version 3 on. None is "best
// effort": a rule that the kernel can't hold is an error.
func landlockConfigs() []landlock.Config {
	return []landlock.Config{landlock.V3, landlock.V4, landlock.V5, landlock.V6, landlock.V7}
}

// restrictFiles has the kernel refuse all files but the granted ones, all TCP,
// and, as far as its version can, signals to processes outside.
func restrictFiles(version int, grant Grant) error {
	configs := landlockConfigs()
	if version < leastLandlock || version >= leastLandlock+len(configs) {
		return fmt.Errorf("restrict files: Landlock %d is not one that we know", version)
	}
	var rules []landlock.Rule
	for _, path := range append(libraries(), grant.Read...) {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
			continue
		case err != nil:
			return fmt.Errorf("restrict files: %w", err)
		case info.IsDir():
			rules = append(rules, landlock.RODirs(path))
		default:
			rules = append(rules, landlock.ROFiles(path))
		}
	}
	for _, device := range devices() {
		rules = append(rules, landlock.RWFiles(device).IgnoreIfMissing())
	}
	for _, device := range grant.Devices {
		rule := landlock.RWFiles(device)
		if version >= 5 {
			rule = rule.WithIoctlDev()
		}
		rules = append(rules, rule.IgnoreIfMissing())
	}
	for _, folder := range grant.Write {
		rules = append(rules, landlock.RWDirs(folder).WithRefer())
	}
	if err := configs[version-leastLandlock].Restrict(rules...); err != nil {
		return fmt.Errorf("restrict files: %w", err)
	}
	return nil
}
