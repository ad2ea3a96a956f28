package edit

import (
	"fmt"
	"regexp"
	"strings"
)

// nearestText returns the lines of text that resemble search most, with two
// more on each side and each led by its number, and how those lines differ from
// search, word by word; "" and "" if nothing is alike.
func nearestText(text, search string) (shown, differs string) {
	const (
		compared = 40  // lines of search
		around   = 2   // lines shown on each side
		alike    = 0.5 // mean similarity of lines that is worth showing
	)
	searched := strings.Split(trimBlankLines(search), "\n")
	searched = searched[:min(len(searched), compared)]
	wanted := lineWords(strings.Join(searched, "\n"))
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
		return "", ""
	}
	end := min(bestStart+len(wanted), len(lines))
	differs = markedLines(strings.Join(searched, "\n"), strings.Join(lines[bestStart:end], "\n"))
	return numbered(lines, max(bestStart-around, 0), min(end+around, len(lines))), differs
}

// numbered are the lines from first up to end, each led by its number.
func numbered(lines []string, first, end int) string {
	var shown strings.Builder
	for i := first; i < end; i++ {
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
