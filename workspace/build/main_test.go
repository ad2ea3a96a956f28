package build

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ternlab/ternlab/workspace/buildcache"
	"github.com/ternlab/ternlab/workspace/inspect"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

// childVariable makes this test binary play a program instead of testing.
const childVariable = "BUILD_TEST_CHILD"

func TestMain(m *testing.M) {
	switch {
	case os.Args[0] == sandbox.InitName:
		sandbox.Init()
	case len(os.Args) > 1 && os.Args[1] == buildcache.Command:
		os.Exit(buildcache.Main(os.Args[2:]))
	case len(os.Args) > 1 && os.Args[1] == inspect.Command:
		os.Exit(inspect.Main(os.Args[2:]))
	}
	if play := os.Getenv(childVariable); play != "" {
		if err := playChild(play); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func writeAll(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
