//go:build !candidate

package unseen

import (
	"embed"
	"io/fs"
)

//go:embed eval.txt
var texts embed.FS

// Texts holds eval.txt.
func Texts() fs.FS { return texts }
