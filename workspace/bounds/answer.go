package bounds

import "fmt"

// Bounds of one answer, net: what it adds, less what it takes away, so that moving
// code into another file costs nothing. A new optimizer takes some 3 KiB and 100
// lines.
const (
	MaxFiles       = 5 // that change
	MaxLines       = 400
	MaxBytes       = 16 << 10
	MaxNumberBytes = 640
	MaxStringBytes = 2048
)

// Bounds of all mutable files together over a run, beyond those at its base: room
// for many improvements, and for a model in no form of numbers.
const (
	growth           = 2 // times the base's bytes and tokens
	leastBytes       = 32 << 10
	leastTokens      = 8000
	moreFiles        = 20
	moreLiteralBytes = 4 << 10
)

// Answer returns why a change is too large for one experiment, or "". before holds
// the files of the parent, after those that change.
func Answer(before, after map[string]string) string {
	files := 0
	var was, is Measure
	for file, text := range after {
		if old, known := before[file]; !known || old != text {
			files++
			was, is = was.plus(Of(old)), is.plus(Of(text))
		}
	}
	switch {
	case files > MaxFiles:
		return fmt.Sprintf("it changes %d files, more than the %d that one experiment may; make one focused change", files, MaxFiles)
	case is.Lines-was.Lines > MaxLines:
		return fmt.Sprintf("it adds %d lines net, more than the %d that one experiment may; make one focused change", is.Lines-was.Lines, MaxLines)
	case is.Bytes-was.Bytes > MaxBytes:
		return fmt.Sprintf("it adds %d bytes net, more than the %d that one experiment may; make one focused change", is.Bytes-was.Bytes, MaxBytes)
	case is.NumberBytes-was.NumberBytes > MaxNumberBytes:
		return fmt.Sprintf("it adds %d bytes of numbers, more than the %d that one experiment may; compute values, or train them: tables are no recipe",
			is.NumberBytes-was.NumberBytes, MaxNumberBytes)
	case is.StringBytes-was.StringBytes > MaxStringBytes:
		return fmt.Sprintf("it adds %d bytes of strings, more than the %d that one experiment may; keep data out of the source",
			is.StringBytes-was.StringBytes, MaxStringBytes)
	}
	return ""
}

// Whole returns why all mutable files together have grown too far from those of
// the run's base, or "". before holds the parent's files, after those that change.
// A change that makes them smaller is always in order.
func Whole(base, before, after map[string]string) string {
	start, old, is := total(base), total(before), total(before)
	files := len(before)
	for file, text := range after {
		was, known := before[file]
		if !known {
			files++
		}
		is = is.plus(Of(text)).minus(Of(was))
	}
	type figure struct {
		what           string
		was, is, limit int
	}
	for _, f := range []figure{
		{"files", len(before), files, len(base) + moreFiles},
		{"bytes", old.Bytes, is.Bytes, max(growth*start.Bytes, leastBytes)},
		{"tokens", old.Tokens, is.Tokens, max(growth*start.Tokens, leastTokens)},
		{"bytes of numbers and strings", old.literals(), is.literals(), start.literals() + moreLiteralBytes},
	} {
		if f.is > f.limit && f.is > f.was {
			return fmt.Sprintf("with it trainer/ has %d %s, more than the %d that a run may reach; make room first: remove code that is no longer used",
				f.is, f.what, f.limit)
		}
	}
	return ""
}

func total(files map[string]string) Measure {
	var sum Measure
	for _, text := range files {
		sum = sum.plus(Of(text))
	}
	return sum
}

func (m Measure) literals() int { return m.NumberBytes + m.StringBytes }

func (m Measure) minus(other Measure) Measure {
	return Measure{
		m.Bytes - other.Bytes, m.Lines - other.Lines, m.Tokens - other.Tokens,
		m.NumberBytes - other.NumberBytes, m.StringBytes - other.StringBytes,
	}
}
