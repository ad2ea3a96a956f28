//go:build candidate

package command

import "github.com/spf13/cobra"

// textCommands are none: this program was built from an experiment's change.
func textCommands() []*cobra.Command { return nil }
