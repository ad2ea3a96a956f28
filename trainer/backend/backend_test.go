package backend

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/trainer/backend/places"
)

const (
	nano = 459_392
	smol = 134_515_008
)

func TestOpenGo(t *testing.T) {
	for _, name := range []string{Auto, Go} {
		engine, err := Open(name, nano)
		if err != nil {
			t.Fatal(err)
		}
		engine.Backend.Finalize()
		if engine.Name != Go || engine.Reason == "" {
			t.Errorf("backend %s opens %q because %q", name, engine.Name, engine.Reason)
		}
	}
	for _, name := range []string{"abacus", "go:file", "auto:file", ""} {
		if _, err := Open(name, nano); err == nil || !strings.Contains(err.Error(), "auto, go, xla, cuda, metal") {
			t.Errorf("backend %q gives %v", name, err)
		}
	}
}

func TestOrder(t *testing.T) {
	for _, c := range []struct {
		name       string
		machine    machine
		parameters int
		want       []string
	}{
		{"small model", machine{Machine: places.Machine{OS: "linux"}, nvidia: true}, nano, []string{Go}},
		{"linux", machine{Machine: places.Machine{OS: "linux"}}, smol, []string{XLA, Go}},
		{"linux with a GPU", machine{Machine: places.Machine{OS: "linux"}, nvidia: true}, smol, []string{CUDA, XLA, Go}},
		{"mac", machine{Machine: places.Machine{OS: "darwin"}, arch: "arm64"}, smol, []string{XLA, Go}},
	} {
		if diff := cmp.Diff(c.want, c.machine.order(c.parameters)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// Without any plugin auto trains a large model with go and says what would be
// faster.
func TestAutoWithoutPlugins(t *testing.T) {
	engine, err := testMachine(t, nil).open(Auto, smol)
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Backend.Finalize()
	if engine.Name != Go || !strings.Contains(engine.Reason, "134.5 M parameters") {
		t.Errorf("auto opens %q because %q", engine.Name, engine.Reason)
	}
	if !strings.Contains(engine.Hint, "open xla backend") || !strings.Contains(engine.Hint, "to mend it: ") {
		t.Errorf("the hint is %q", engine.Hint)
	}
}

func TestUnsupported(t *testing.T) {
	for _, c := range []struct{ os, arch, engine, want string }{
		{"linux", "amd64", Metal, "Apple silicon"},
		{"darwin", "amd64", Metal, "Apple silicon"},
		{"darwin", "arm64", CUDA, "needs Linux"},
	} {
		m := testMachine(t, nil)
		m.OS, m.arch = c.os, c.arch
		_, err := m.open(c.engine, smol)
		var problem *EngineError
		if !errors.As(err, &problem) || problem.State != Unsupported || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s on %s/%s gives %v, want %q", c.engine, c.os, c.arch, err, c.want)
		}
		if diagnosis := m.diagnose(c.engine); diagnosis.State != Unsupported {
			t.Errorf("%s on %s/%s is %s", c.engine, c.os, c.arch, diagnosis.State)
		}
	}
}

func TestDiagnoseGo(t *testing.T) {
	if diagnosis := Diagnose(Go); diagnosis.State != Works || (diagnosis.Fix != "") != lacksSIMD() {
		t.Errorf("go is %+v", diagnosis)
	}
}
