package stories_test

import (
	"path/filepath"
	"testing"

	"github.com/ternlab/ternlab/agent/stories"
)

func TestMain(m *testing.M) { stories.Main(m) }

// TestJudging runs the stories of how candidates are measured and judged. The others
// are those of package cli.
func TestJudging(t *testing.T) {
	stories.Run(t, filepath.Join("testdata", "judging"), filepath.Join("..", "cli", "testdata", "module.txtar"))
}
