package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// writeTable prints a row for each variant; the first is the reference.
func writeTable(w io.Writer, measured []measurement) {
	_, _ = fmt.Fprint(w, "| knob | value | eval_ppl | effect | reading |\n|---|---|---|---|---|\n")
	for i, m := range measured {
		name := m.knob
		if i == 0 {
			name = "**" + cmp.Or(m.knob, "reference") + "**"
		}
		e, reading := measureEffect(m.figures, measured[0].figures), ""
		switch {
		case m.failure() != "":
			reading = "refused or failed: " + m.failure()
		case i > 0:
			reading = e.reading()
		}
		shown := ""
		if i > 0 {
			shown = e.String()
		}
		_, _ = fmt.Fprintf(w, "| %s | %s | %s | %s | %s |\n", name, m.value, m.evalPPL(), shown, reading)
	}
}

// evalPPL is the geometric mean of the seeds that came to a figure, with the
// lowest and the highest.
func (m measurement) evalPPL() string {
	var values []float64
	sum := 0.0
	for _, f := range m.figures {
		if f.evalPPL > 0 {
			values, sum = append(values, f.evalPPL), sum+math.Log(f.evalPPL)
		}
	}
	if len(values) == 0 {
		return ""
	}
	mean := fmt.Sprintf("%.2f", math.Exp(sum/float64(len(values))))
	if len(values) == 1 {
		return mean
	}
	return fmt.Sprintf("%s (%.2f … %.2f)", mean, slices.Min(values), slices.Max(values))
}

// failure is why the first seed that failed did.
func (m measurement) failure() string {
	for _, f := range m.figures {
		if f.failure != "" {
			text := []rune(strings.ReplaceAll(f.failure, "|", "/"))
			if len(text) > 120 {
				text = append(text[:119], '…')
			}
			return string(text)
		}
	}
	return ""
}

// String is the effect as a percentage, with its interval.
func (e effect) String() string {
	switch e.seeds {
	case 0:
		return ""
	case 1:
		return percent(e.mean)
	}
	return fmt.Sprintf("%s (%s … %s)", percent(e.mean), percent(e.low), percent(e.high))
}

func percent(log float64) string {
	if change := 100 * (math.Exp(log) - 1); math.Abs(change) < 1000 {
		return fmt.Sprintf("%+.1f %%", change)
	}
	return fmt.Sprintf("×%.3g", math.Exp(log))
}

// writeSummary lists what helped and what didn't: of each knob, the values whose
// effect is clear, and the knobs none of whose values has one.
func writeSummary(w io.Writer, measured []measurement) {
	said := map[string][]string{}
	clear := map[string]bool{}
	for _, m := range measured[min(1, len(measured)):] {
		e := measureEffect(m.figures, measured[0].figures)
		reading := e.reading()
		if reading == better || reading == worse {
			said[reading] = append(said[reading], fmt.Sprintf("%s %s: %s", m.knob, m.value, percent(e.mean)))
			clear[m.knob] = true
		}
	}
	for _, m := range measured[min(1, len(measured)):] {
		if e := measureEffect(m.figures, measured[0].figures); e.reading() == unclear && !clear[m.knob] && !slices.Contains(said[unclear], m.knob) {
			said[unclear] = append(said[unclear], m.knob)
		}
	}
	for _, part := range []struct{ title, reading string }{
		{"What helped", better}, {"What made it worse", worse}, {"What shows no clear difference at any value tried", unclear},
	} {
		_, _ = fmt.Fprintf(w, "\n## %s\n\n", part.title)
		for _, line := range said[part.reading] {
			_, _ = fmt.Fprintf(w, "- %s\n", line)
		}
		if len(said[part.reading]) == 0 {
			_, _ = fmt.Fprintln(w, "Nothing.")
		}
	}
}
