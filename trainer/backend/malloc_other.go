//go:build !(cgo && !noxla && linux && (amd64 || arm64))

package backend

// trimMalloc has nothing to do without glibc.
func trimMalloc() {}
