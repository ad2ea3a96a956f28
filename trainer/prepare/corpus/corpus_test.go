package corpus_test

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/trainer/prepare/corpus"
)

type style struct {
	name      string
	write     func(seed uint64, minBytes int) string
	documents func(text string) []string
}

func styles() []style {
	return []style{
		{"stories", corpus.Stories, func(text string) []string { return strings.Split(text, corpus.Separator) }},
		{"prose", corpus.Prose, func(text string) []string { return strings.Split("\n"+text, "\n = ")[1:] }},
	}
}

// The nano model was trained on this text: whoever changes a grammar makes the
// model anew.
func TestTextIsPinned(t *testing.T) {
	want := map[string]string{
		"stories": "921381d616d30a7d5a99b822dde6962b6d4f631c97dd502e68d22a0c34a3a4f1",
		"prose":   "beacb2ce186ba8749913be3aa46dd98cf888cc11e14fc3fa9fdb7c07eace8671",
	}
	for _, style := range styles() {
		if got := fmt.Sprintf("%x", sha256.Sum256([]byte(style.write(1, 100_000)))); got != want[style.name] {
			t.Errorf("%s: sha256 %s, want %s", style.name, got, want[style.name])
		}
	}
}

func TestLength(t *testing.T) {
	for _, style := range styles() {
		for _, size := range []int{1, 1000, 50_000} {
			if n := len(style.write(3, size)); n < size || n > size+20_000 {
				t.Errorf("%s of at least %d bytes has %d", style.name, size, n)
			}
		}
		short, long := style.write(3, 1000), style.write(3, 50_000)
		if !strings.HasPrefix(long, short) {
			t.Errorf("%s: a longer text of the same seed begins otherwise", style.name)
		}
	}
}

func TestNoDocumentTwice(t *testing.T) {
	for _, style := range styles() {
		seen := map[string]uint64{}
		for seed := range uint64(4) {
			for _, document := range style.documents(style.write(seed, 150_000)) {
				if first, repeated := seen[document]; repeated {
					t.Errorf("%s: seeds %d and %d both have %q", style.name, first, seed, document)
				}
				seen[document] = seed
			}
		}
	}
}

func TestVariety(t *testing.T) {
	limits := map[string]struct {
		distinct float64 // least share of the sentences that are distinct
		words    int     // least number of distinct lower-case words
	}{"stories": {0.8, 1200}, "prose": {0.93, 1200}}
	for _, style := range styles() {
		text := style.write(2, 1<<20)
		counts, total := map[string]int{}, 0
		for _, sentence := range sentences(text) {
			counts[sentence]++
			total++
		}
		if share := float64(len(counts)) / float64(total); share < limits[style.name].distinct {
			t.Errorf("%s: %d of %d sentences are distinct, %.2f", style.name, len(counts), total, share)
		}
		for sentence, count := range counts {
			if count > total/100 {
				t.Errorf("%s: %d of %d sentences are %q", style.name, count, total, sentence)
			}
		}
		words := map[string]bool{}
		for _, word := range regexp.MustCompile(`\b[a-z]+\b`).FindAllString(text, -1) {
			words[word] = true
		}
		if len(words) < limits[style.name].words {
			t.Errorf("%s: only %d distinct lower-case words", style.name, len(words))
		}
	}
}

func sentences(text string) []string {
	text = strings.ReplaceAll(text, corpus.Separator, "\n")
	text = regexp.MustCompile(`(?m)^ =.*$`).ReplaceAllString(text, "")
	var found []string
	for _, sentence := range regexp.MustCompile(`[.!?]"?\s+|\n+`).Split(text, -1) {
		if sentence != "" {
			found = append(found, sentence)
		}
	}
	return found
}

func TestStyles(t *testing.T) {
	for _, story := range styles()[0].documents(corpus.Stories(4, 100_000)) {
		if strings.Contains(story, " = ") {
			t.Errorf("story with a heading:\n%s", story)
		}
		if n := strings.Count(strings.TrimSpace(story), "\n\n"); n < 3 {
			t.Errorf("story of %d paragraphs:\n%s", n+1, story)
		}
		if _, count := hero(story); count < 2 {
			t.Errorf("story without a hero:\n%s", story)
		}
	}
	prose := corpus.Prose(4, 100_000)
	heading := regexp.MustCompile(`^ = (= .+ =|[^=]+) = $`)
	for line := range strings.SplitSeq(prose, "\n") {
		if strings.Contains(line, "=") && !heading.MatchString(line) {
			t.Errorf("odd heading %q", line)
		}
	}
	if strings.Contains(prose, corpus.Separator) {
		t.Error("prose has a separator of stories")
	}
}

// hero is the name that a story says most often.
func hero(story string) (name string, count int) {
	for _, found := range regexp.MustCompile(`[a-z,] ([A-Z][a-z]+)`).FindAllStringSubmatch(story, -1) {
		if n := strings.Count(story, found[1]); n > count {
			name, count = found[1], n
		}
	}
	return name, count
}

func TestGrammarOfSentences(t *testing.T) {
	faults := map[string]string{
		"unfilled slot":       `[{}|\\]`,
		"doubled space":       `\S  +\S`,
		"doubled word":        `\b(the the|a a|of of|in in|to to|and and|was was|by by|it it)\b`,
		"a before a vowel":    `(?i)\ba (a|e[^uw]|i|o[^n]|un[^i])`,
		"an before consonant": `(?i)\ban [bcdfgjklmnpqrstvwxyz]`,
		"agreement":           `(?i)\b(they|we|you) was\b|\b(he|she|it) were\b|\b(he|she|it) have\b|\b(they|we|you|I) has\b`,
		"space before a stop": `\w [.,;:!?]`,
		"stop twice":          `[.,;:]{2}|,\.|\.[A-Z]`,
		"lower-case start":    `(?m)[.] [a-z]|^[a-z]|[.!?:]" "[a-z]`,
		"lower-case after !":  `[!?]" (he|she|it|they) (was|were|had|[a-z]+ed)\b`,
	}
	speech := regexp.MustCompile(`^[!?]" (he|she|it|they) (asked|cried|called|laughed|shouted)$`)
	for _, style := range styles() {
		text := strings.ReplaceAll(style.write(6, 300_000), corpus.Separator, "\n\n")
		for name, pattern := range faults {
			for _, span := range regexp.MustCompile(pattern).FindAllStringIndex(text, -1) {
				if !speech.MatchString(text[span[0]:span[1]]) {
					t.Errorf("%s: %s: %q", style.name, name, text[max(0, span[0]-30):min(len(text), span[1]+20)])
				}
			}
		}
		for line := range strings.Lines(text) {
			if strings.Count(line, `"`)%2 != 0 {
				t.Errorf("%s: quotation marks don't pair: %q", style.name, line)
			}
		}
	}
}
