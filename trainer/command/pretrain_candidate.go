//go:build candidate

package command

import "github.com/spf13/cobra"

// generators are none: this program was built from an experiment's change.
func generators() []*cobra.Command { return nil }
