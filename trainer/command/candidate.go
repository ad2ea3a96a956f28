//go:build candidate

package command

import "github.com/spf13/cobra"

// forPeople are none: this program was built from an experiment's change.
func forPeople() []*cobra.Command { return nil }
