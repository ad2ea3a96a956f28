//go:build !linux

package stories

import (
	"fmt"
	"os"
)

// onTerminal is for Linux; stories that use it say so.
func onTerminal() {
	fmt.Fprintln(os.Stderr, "on-terminal: no terminal here")
	os.Exit(2)
}
