package doctor

import (
	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/command/program"
)

// NewInstallPlugin is the command install-plugin.
func NewInstallPlugin() *cobra.Command {
	return &cobra.Command{
		Use:   "install-plugin",
		Short: "Download the plugin of the xla backend, and of cuda where there is a GPU",
		Long: `Downloads the PJRT plugin that the xla backend needs (about 100 MB) with GoMLX's
own installer. Where there is an NVIDIA GPU it also downloads the plugin of the
cuda backend and NVIDIA's libraries (some GB). Both are put where they are found:
~/.local/lib/go-xla, on macOS ~/Library/Application Support/go-xla.`,
		Example: "  trainer install-plugin && trainer doctor",
		Args:    program.NoArguments,
		RunE:    func(*cobra.Command, []string) error { return backend.Install() },
	}
}
