package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// ParseMode checks what a person asked for.
func ParseMode(mode string) error {
	if !slices.Contains(Modes(), mode) {
		return fmt.Errorf("--sandbox %q: there are %s", mode, strings.Join(Modes(), ", "))
	}
	return nil
}
