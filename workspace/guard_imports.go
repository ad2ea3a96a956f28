package workspace

import (
	"fmt"
	"slices"
	"strings"
)

const (
	gomlx   = "github.com/gomlx/gomlx/"
	compute = "github.com/gomlx/compute"
	ternlab = "github.com/ternlab/ternlab/"
)

// mayImport reports whether mutable code may import path: what pure computation
// and GoMLX graphs need, and nothing that reaches files, processes, the network,
// the clock or memory as such. An explicit list: what is missing is refused.
func mayImport(path string) bool {
	return slices.Contains([]string{
		"bytes", "cmp", "container/heap", "container/list", "container/ring", "context", "errors", "fmt",
		"hash/fnv", "iter", "maps", "math", "math/big", "math/bits", "math/cmplx", "math/rand/v2", "regexp",
		"slices", "sort", "strconv", "strings", "sync", "sync/atomic", "unicode", "unicode/utf8",

		gomlx + "core/graph", gomlx + "core/tensors",
		gomlx + "ml/model", gomlx + "ml/model/initializer", gomlx + "ml/nn",
		gomlx + "support/exceptions", gomlx + "support/sets", gomlx + "support/xslices", gomlx + "support/xsync",
		compute, compute + "/shapes", compute + "/support/sets", compute + "/support/xslices",

		ternlab + "trainer/llama", ternlab + "trainer/harness",
	}, path) || hasFolder(path,
		gomlx+"ml/layers", gomlx+"ml/train", compute+"/dtypes",
	)
}

// hasFolder reports whether path is one of the folders or lies below one.
func hasFolder(path string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool {
		return path == folder || strings.HasPrefix(path, folder+"/")
	})
}

// adviceFor says what to do instead of importing path.
func adviceFor(path string) string {
	switch {
	case path == "C":
		return "cgo is not available; write Go"
	case path == "math/rand":
		return "import math/rand/v2 and take the seed that the harness gives"
	case path == "time":
		return "the harness measures time; make schedules depend on the step"
	case hasFolder(path, "unsafe", "reflect", "runtime", "plugin", "syscall", "os/exec", "os/signal", "testing", "golang.org/x/sys"):
		return "mutable code computes only and can't reach the process or its memory"
	case hasFolder(path, "net", "crypto/tls", "golang.org/x/net"):
		return "mutable code has no network; everything it needs comes from the harness"
	case hasFolder(path, "os", "io", "bufio", "path", "embed", "encoding", "compress", "archive", "log", "flag"):
		return "mutable code reads and writes no files, flags or logs; data, checkpoints and progress go through trainer/harness"
	case hasFolder(path, ternlab+"trainer"):
		return "that package is fixed and out of reach; use trainer/llama and trainer/harness"
	case hasFolder(path, "github.com/gomlx"):
		return "use core/graph, core/tensors, ml/model, ml/layers, ml/nn and ml/train of GoMLX, and compute's dtypes and shapes"
	}
	return "do without it: the list holds math, slices, strings, fmt, errors and the like, GoMLX's core/graph and ml packages, trainer/llama and trainer/harness"
}

// refusedName returns why mutable code may not use name of the package path, which
// it may import for the sake of its other names; or "".
func refusedName(path, name string) string {
	switch path {
	case gomlx + "core/tensors":
		if name == "Load" {
			return "tensors.Load reads files; build tensors from values"
		}
	case compute:
		if slices.Contains([]string{"New", "MustNew", "NewOrErr", "NewWithConfig", "Register", "DefaultConfig"}, name) {
			return fmt.Sprintf("compute.%s sets up a backend; use the one that the harness gives", name)
		}
	}
	return ""
}
