package edit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/scanner"
	"go/token"
	"io"
	"maps"
	"path"
	"slices"
)

// Fingerprint is the same for files that do the same for sure: the SHA-256,
// hexadecimal, of their names and texts, where of Go files only the tokens count,
// not comments and layout. (Comments that a compiler obeys are none that an
// experiment may change.) An empty text is a file that isn't there.
func Fingerprint(files map[string]string) string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		switch text := files[name]; {
		case text == "":
		case path.Ext(name) == ".go":
			_, _ = fmt.Fprintf(sum, "%q\n", name) // a hash takes everything
			writeTokens(sum, text)
		default:
			_, _ = fmt.Fprintf(sum, "%q %q\n", name, text)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// writeTokens writes a Go file's tokens, a line each.
func writeTokens(w io.Writer, text string) {
	var tokens scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(text))
	tokens.Init(file, []byte(text), nil, 0) // what isn't Go is a token, too
	for {
		_, kind, literal := tokens.Scan()
		switch kind {
		case token.EOF:
			return
		case token.SEMICOLON:
			literal = "" // written or not
		}
		_, _ = fmt.Fprintf(w, "%s %q\n", kind, literal)
	}
}
