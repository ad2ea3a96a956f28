package inspect

import (
	"fmt"
	goimporter "go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
)

// importer reads packages from what the compiler exported of them.
func importer(exports map[string]string) types.Importer {
	open := func(path string) (io.ReadCloser, error) {
		file, known := exports[path]
		if !known {
			return nil, fmt.Errorf("package %s is not among those that mutable code may import", path)
		}
		return os.Open(file)
	}
	return goimporter.ForCompiler(token.NewFileSet(), "gc", open)
}
