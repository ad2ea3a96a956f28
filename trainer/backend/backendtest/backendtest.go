package backendtest

import (
	"os"
	"testing"

	"github.com/gomlx/compute"

	"github.com/ternlab/ternlab/trainer/backend"
)

// Required is the environment variable under which a test may not be skipped
// for want of a plugin.
const Required = "TERNLAB_REQUIRE_XLA"

// XLA opens the xla backend and closes it when the test is over.
func XLA(tb testing.TB) compute.Backend {
	tb.Helper()
	engine, err := backend.Open(backend.XLA, 0)
	if err != nil {
		Skip(tb, err.Error())
	}
	tb.Cleanup(engine.Backend.Finalize)
	return engine.Backend
}

// Skip skips a test that can't run here, or fails it where [Required] is set.
func Skip(tb testing.TB, reason string) {
	tb.Helper()
	if os.Getenv(Required) != "" {
		tb.Fatalf("%s is set and this test can't run: %s", Required, reason)
	}
	tb.Skipf("%s (with %s=1 this is a failure)", reason, Required)
}
