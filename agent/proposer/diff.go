package proposer

import (
	"strings"

	"github.com/ternlab/ternlab/trainer/knobs"
)

// move is the change of one knob.
type move struct{ knob, from, to string }

// readDiff returns what a unified diff does to the recipe's knobs, and whether
// it changes anything else. Comments and alignment don't count.
func readDiff(diff string, all []knobs.Knob) (moves []move, code bool) {
	removed, added := map[string]string{}, map[string]string{}
	file := ""
	others := map[string]int{} // Changed lines that set no knob: removals less additions.
	for line := range strings.Lines(diff) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "):
			if name := strings.TrimSpace(line[4:]); name != "/dev/null" {
				file = strings.TrimPrefix(strings.TrimPrefix(name, "a/"), "b/")
			}
		case strings.HasPrefix(line, "-"):
			code = !readLine(line[1:], file, all, removed, others, 1) || code
		case strings.HasPrefix(line, "+"):
			code = !readLine(line[1:], file, all, added, others, -1) || code
		}
	}
	for _, balance := range others {
		code = code || balance != 0
	}
	for _, knob := range all {
		from, was := removed[knob.Name]
		to, is := added[knob.Name]
		if was && is && from != to {
			moves = append(moves, move{knob.Name, from, to})
		}
		code = code || was != is
	}
	return moves, code
}

// readLine notes the knob that a changed line sets, or the line itself. It
// returns false for a line of another file.
func readLine(line, file string, all []knobs.Knob, values map[string]string, others map[string]int, sign int) bool {
	if file != RecipeFile {
		return false
	}
	words := strings.Join(strings.Fields(line), " ")
	if words == "" || strings.HasPrefix(words, "//") {
		return true
	}
	if name, value, ok := readKnob(line, all); ok {
		values[name] = value
	} else {
		others[words] += sign
	}
	return true
}

// readKnob reads a line on its own as the line of one of the knobs.
func readKnob(line string, all []knobs.Knob) (name, value string, ok bool) {
	found, err := knobs.Parse("package main\nfunc NewRecipe() Recipe {\nreturn Recipe{\n" + line + "\n}\n}\n")
	if err != nil || len(found) != 1 {
		return "", "", false
	}
	for _, knob := range all {
		if knob.Name == found[0].Name {
			value, err := knob.Plain(found[0].Value)
			return knob.Name, value, err == nil
		}
	}
	return "", "", false
}
