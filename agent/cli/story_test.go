package cli_test

import (
	"path/filepath"
	"testing"

	"github.com/ternlab/ternlab/agent/stories"
)

func TestMain(m *testing.M) { stories.Main(m) }

// TestStories runs the stories of the commands, of what goes wrong and of what is
// tried against the agent. Those of judging are in package stories.
func TestStories(t *testing.T) {
	stories.Run(t, filepath.Join("testdata", "stories"), filepath.Join("testdata", "module.txtar"))
}
