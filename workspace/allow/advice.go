package allow

import (
	"slices"
	"strings"
)

// Advice says what to do instead of using a package that isn't listed, or a name
// that its list leaves out.
func Advice(path string) string {
	const (
		gomlx   = "github.com/gomlx"
		ternlab = "github.com/ternlab/ternlab/"
	)
	switch {
	case path == "C":
		return "cgo is not available; write Go"
	case path == "math/rand", path == "math/rand/v2", path == "crypto/rand", path == "hash/maphash":
		return "import math/rand/v2 and draw from rand.New(rand.NewPCG(1, 2)), so that every run draws the same"
	case path == "time", path == "context":
		return "the harness measures time; make schedules depend on the step"
	case hasFolder(path, "sync"):
		return "there are no goroutines; compute one thing after another, the backend uses all processors"
	case path == "fmt":
		return "use fmt.Errorf, Sprintf, Sprint or Sprintln; the harness prints progress and reads the flags"
	case path == "maps":
		return "range over slices.Sorted(maps.Keys(m))"
	case hasFolder(path, "unsafe", "reflect", "runtime", "plugin", "syscall", "os/exec", "os/signal", "testing", "golang.org/x/sys"):
		return "mutable code computes only and can't reach the process or its memory"
	case hasFolder(path, "net", "crypto/tls", "golang.org/x/net"):
		return "mutable code has no network; everything it needs comes from the harness"
	case hasFolder(path, "os", "io", "bufio", "path", "embed", "encoding", "compress", "archive", "log", "flag"):
		return "mutable code reads and writes no files, flags or logs; data, checkpoints and progress go through trainer/harness"
	case path == ternlab+"trainer/harness":
		return "the harness runs the training; use its types Schedule, Linear, Companion, Quantized and Activations"
	case hasFolder(path, ternlab+"trainer"):
		return "that package is fixed and out of reach; use trainer/llama and trainer/harness"
	case path == gomlx+"/gomlx/core/graph":
		return "use the functions that make nodes from nodes; the harness compiles and runs the graph"
	case hasFolder(path, gomlx):
		return "use core/graph's functions of nodes, ml/layers/activation, and compute's dtypes and shapes; tensors, backends and files are the harness's"
	}
	return "do without it: the list holds math, slices, strings, fmt, errors and the like, GoMLX's core/graph, trainer/llama and trainer/harness"
}

// hasFolder reports whether path is one of the folders or lies below one.
func hasFolder(path string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool {
		return path == folder || strings.HasPrefix(path, folder+"/")
	})
}
