package sandbox

import (
	"path/filepath"
	"slices"
	"strings"
)

// WithoutHolders drops the paths that are, or hold, one of the protected folders:
// whoever could read them could read all of it. Links are followed on both sides.
func WithoutHolders(paths, protected []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return Holds(path, protected) })
}

// Holds tells whether a path is, or holds, one of the protected folders.
func Holds(path string, protected []string) bool {
	for _, folder := range protected {
		for _, outer := range []string{filepath.Clean(path), resolved(path)} {
			for _, inner := range []string{filepath.Clean(folder), resolved(folder)} {
				if outer == "/" || inner == outer || strings.HasPrefix(inner, outer+"/") {
					return true
				}
			}
		}
	}
	return false
}

// resolved is a path without links, as far as it exists.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return filepath.Clean(path)
}
