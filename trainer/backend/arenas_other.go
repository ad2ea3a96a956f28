//go:build cgo && !noxla && darwin && arm64

package backend

// limitArenas has nothing to do where the C library isn't glibc.
func limitArenas() {}
