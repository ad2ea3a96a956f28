package secrets

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
)

// Mask stands in the place of a secret.
const Mask = "[redacted]"

// shortest is how many letters and digits a secret has at least. A shorter value
// would turn up in any text by accident: local servers are given keys such as "none".
const shortest = 8

// Redactor knows secrets and finds them in text. The zero value knows none.
type Redactor struct {
	bare  []string // letters and digits of what is looked for, in lower case
	exact []string // words that could stand in any text, looked for as they are
}

// OfEnvironment returns a redactor of the secrets in this program's environment.
func OfEnvironment() Redactor { return New(os.Environ()) }

// New returns a redactor of the secrets among variables, "NAME=value": those that
// are called so or look so, and passwords in addresses.
func New(variables []string) Redactor {
	var r Redactor
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		if IsName(name) || looksSecret(value) {
			r.add(value)
		}
		for _, part := range append(passwords(value), parameters(value)...) {
			r.add(part)
		}
	}
	slices.Sort(r.bare)
	r.bare = slices.Compact(r.bare)
	return r
}

// add makes the redactor look for a value, and for each longer line of it.
func (r *Redactor) add(value string) {
	const line = 16 // letters and digits that make a line of a longer secret one itself
	value = strings.TrimSpace(value)
	if isFile(value) || strings.Contains(strings.ToLower(Mask), strings.ToLower(value)) {
		return
	}
	parts := []string{value}
	if lines := strings.Fields(value); len(lines) > 1 {
		for _, part := range lines {
			if len(bare(part)) >= line {
				parts = append(parts, part)
			}
		}
	}
	for _, part := range parts {
		letters := bare(part)
		switch {
		case len(letters) < shortest:
		case len(letters) < 2*shortest && !strings.ContainsAny(part, "0123456789"): // words
			r.exact = append(r.exact, part)
		default:
			r.bare = append(r.bare, disguises(part)...)
		}
	}
}

// isFile tells a value that only names something: a socket, a folder, a key's file.
func isFile(value string) bool {
	if !strings.HasPrefix(value, "/") && !strings.HasPrefix(value, "~/") && !strings.HasPrefix(value, "./") {
		return false
	}
	_, err := os.Stat(value)
	return err == nil || strings.HasPrefix(value, "~/") || strings.HasPrefix(value, "./")
}

// disguises are the letters and digits of a value and of its simplest encodings.
func disguises(value string) []string {
	forms := []string{value, url.QueryEscape(value), url.PathEscape(value), fmt.Sprintf("%q", value), hex.EncodeToString([]byte(value))}
	if quoted, err := json.Marshal(value); err == nil {
		forms = append(forms, string(quoted))
	}
	var escaped, decimal strings.Builder
	for _, b := range []byte(value) {
		fmt.Fprintf(&escaped, "x%02x", b)
		fmt.Fprintf(&decimal, "%d", b)
	}
	backwards := []byte(value)
	slices.Reverse(backwards)
	forms = append(forms, escaped.String(), decimal.String(), string(backwards))
	for before := range 3 { // base64 looks different by what stands before it
		forms = append(forms, within64(value, before))
	}
	found := make([]string, 0, len(forms))
	for _, form := range forms {
		if letters := bare(form); len(letters) >= shortest {
			found = append(found, letters)
		}
	}
	return found
}

// within64 is what base64 of any text that has a value behind so many bytes, modulo
// 3, holds in any case.
func within64(value string, before int) string {
	encoded := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), value...))
	start := (before*8 + 5) / 6
	end := (before + len(value)) * 8 / 6
	return encoded[start:end]
}

// bare leaves a text's ASCII letters and digits, in lower case.
func bare(text string) string {
	letters, _ := compact(text)
	return string(letters)
}

// compact is bare, and where in the text each character stood.
func compact(text string) (letters []byte, at []int) {
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case (c < 'a' || c > 'z') && (c < '0' || c > '9'):
			continue
		}
		letters, at = append(letters, c), append(at, i)
	}
	return letters, at
}

// Clean returns a text with a mask in the place of each secret.
func (r Redactor) Clean(text string) string {
	for _, word := range r.exact {
		text = strings.ReplaceAll(text, word, Mask)
	}
	if len(r.bare) == 0 {
		return text
	}
	spans := r.find(text)
	if len(spans) == 0 {
		return text
	}
	var cleaned strings.Builder
	end := 0
	for _, s := range spans {
		if s.start >= end {
			cleaned.WriteString(text[end:s.start] + Mask)
		}
		end = max(end, s.end)
	}
	cleaned.WriteString(text[end:])
	return cleaned.String()
}

// span is a part of a text, in bytes.
type span struct{ start, end int }

func (r Redactor) find(text string) []span {
	letters, at := compact(text)
	var spans []span
	for _, wanted := range r.bare {
		for from := 0; ; {
			i := bytes.Index(letters[from:], []byte(wanted))
			if i < 0 {
				break
			}
			first, last := from+i, from+i+len(wanted)-1
			spans = append(spans, span{at[first], at[last] + 1})
			from = first + 1
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end)) })
	return spans
}

// Writer cleans what is written to w, call by call.
func (r Redactor) Writer(w io.Writer) io.Writer {
	if len(r.bare) == 0 && len(r.exact) == 0 {
		return w
	}
	return writer{r, w}
}

type writer struct {
	redactor Redactor
	to       io.Writer
}

func (w writer) Write(text []byte) (int, error) {
	if _, err := io.WriteString(w.to, w.redactor.Clean(string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}
