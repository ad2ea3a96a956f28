package backend

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/trainer/backend/places"
	"github.com/ternlab/ternlab/trainer/backend/selftest"
)

// TestMain lets the test binary be the self-test's process, too, as the trainer
// is.
func TestMain(m *testing.M) {
	if len(os.Args) != 3 || os.Args[1] != SelfTestCommand {
		os.Exit(m.Run())
	}
	if err := runSelfTest(os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func runSelfTest(plugin string) error {
	engine, file, _ := strings.Cut(plugin, ":")
	candidate, err := OpenForSelfTest(engine, file)
	if err != nil {
		return err
	}
	reference, err := Open(Go, 0)
	if err != nil {
		return err
	}
	return selftest.Compare(candidate, reference.Backend)
}

// cpuPlugin is the file of this machine's CPU plugin. Without one the test is
// skipped, or fails where TERNLAB_REQUIRE_XLA is set, as package backendtest
// does, which can't be imported here.
func cpuPlugin(t *testing.T) string {
	t.Helper()
	file, err := thisMachine().resolve(XLA, "")
	if err != nil {
		skip(t, err.Error())
	}
	return file
}

func skip(t *testing.T, reason string) {
	t.Helper()
	const required = "TERNLAB_REQUIRE_XLA"
	if os.Getenv(required) != "" {
		t.Fatalf("%s is set and this test can't run: %s", required, reason)
	}
	t.Skipf("%s (with %s=1 this is a failure)", reason, required)
}

// testMachine has nothing installed but what a test puts under its folders.
func testMachine(t *testing.T, environment map[string]string) machine {
	t.Helper()
	return machine{
		Machine: places.Machine{
			OS: "linux", Home: t.TempDir(), Root: t.TempDir(),
			Env: func(name string) string { return environment[name] },
		},
		arch: "amd64",
	}
}
