//go:build !candidate

package unseen

import (
	"embed"
	"io/fs"
)

//go:embed eval.txt holdout.txt
var texts embed.FS

// Texts holds eval.txt and holdout.txt.
func Texts() fs.FS { return texts }
