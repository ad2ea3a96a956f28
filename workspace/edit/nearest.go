package edit

import (
	"fmt"
	"regexp"
	"strings"
)

// nearestText returns the lines of text that resemble search most, with two
// more on each side and each led by its number; "" if nothing is alike.
func nearestText(text, search string) string {
	const (
		compared = 40  // lines of search
		around   = 2   // lines shown on each side
		alike    = 0.5 // mean similarity of lines that is worth showing
	)
	wanted := lineWords(trimBlankLines(search))
	wanted = wanted[:min(len(wanted), compared)]
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	held := lineWords(text)[:len(lines)]
	best, bestStart := 0.0, 0
	for start := range held {
		score := 0.0
		for i := range min(len(wanted), len(held)-start) {
			score += similarity(wanted[i], held[start+i])
		}
		if score > best {
			best, bestStart = score, start
		}
	}
	if best < alike*float64(len(wanted)) {
		return ""
	}
	var shown strings.Builder
	first, last := max(bestStart-around, 0), min(bestStart+len(wanted)+around, len(lines))
	for i := first; i < last; i++ {
		fmt.Fprintf(&shown, "%5d  %s\n", i+1, lines[i])
	}
	return strings.TrimSuffix(shown.String(), "\n")
}

// words counts the words and signs of a line; a word weighs more than a sign.
type words map[string]int

func (w words) weight() int {
	sum := 0
	for _, weight := range w {
		sum += weight
	}
	return sum
}

func lineWords(text string) []words {
	const wordWeight, signWeight = 4, 1
	wordOrSign := regexp.MustCompile(`[\pL\d_.]+|[^\pL\d_.\s]`)
	lines := strings.Split(text, "\n")
	perLine := make([]words, len(lines))
	for i, line := range lines {
		perLine[i] = words{}
		for _, found := range wordOrSign.FindAllString(line, -1) {
			perLine[i][found] = signWeight
			if strings.ContainsFunc(found, isWord) {
				perLine[i][found] = wordWeight
			}
		}
	}
	return perLine
}

// similarity is mostly the share of the wanted line that the held line has, since
// models leave comments out, and a little the reverse. It is between 0 and 1; two
// empty lines are alike.
func similarity(wanted, held words) float64 {
	if len(wanted) == 0 || len(held) == 0 {
		return float64(1 - min(len(wanted)+len(held), 1))
	}
	common := 0
	for word, weight := range wanted {
		if held[word] > 0 {
			common += weight
		}
	}
	return 0.9*float64(common)/float64(wanted.weight()) + 0.1*float64(common)/float64(held.weight())
}
