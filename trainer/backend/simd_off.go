//go:build !goexperiment.simd

package backend

// simdBuild says that this program was built with GOEXPERIMENT=simd.
const simdBuild = false
