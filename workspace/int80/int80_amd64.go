package int80

import (
	"fmt"
	"syscall"
)

// call makes system call number of the 32-bit kind.
//
//go:noescape
func call(number, a, b, c uint32) int32

// Socket tries to open a TCP socket.
func Socket() error {
	const socket, inet, stream = 359, 2, 1
	result := call(socket, inet, stream, 0)
	if result < 0 {
		return fmt.Errorf("32-bit socket: %w", syscall.Errno(-result))
	}
	return nil
}
