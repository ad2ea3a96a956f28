//go:build !(cgo && !noxla && ((linux && (amd64 || arm64)) || (darwin && arm64)))

package backend

import "errors"

func openXLA() (Engine, error) {
	return Engine{}, errors.New("open xla backend: this program was built without cgo or with the tag noxla; build it with a C compiler and CGO_ENABLED=1, or use --backend go")
}
