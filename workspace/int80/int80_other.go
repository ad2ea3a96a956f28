//go:build !amd64

package int80

import "errors"

// Socket is for amd64.
func Socket() error { return errors.New("no 32-bit calls on this processor") }
