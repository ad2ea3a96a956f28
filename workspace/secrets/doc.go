// Package secrets tells which of a program's environment variables are secrets, and
// takes their values out of text before that goes to a journal, a log, a language
// model or a screen.
//
// It is a second net. What keeps a secret from a candidate is that its process
// never gets it; this catches what a tool, an address or an error message says by
// accident, and the simplest disguises: another case, spaces or line breaks in
// between, hexadecimal, base64, percent signs, backwards. Whoever has a secret and
// can compute will get it past any such list.
package secrets
