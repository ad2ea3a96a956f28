package corpus

import (
	"strconv"
	"strings"
)

// pronoun returns the form (they, them, their, themself) for a person or thing
// of a kind; nouns count as things.
func pronoun(kind, form string) (string, bool) {
	column := map[string]int{"they": 0, "them": 1, "their": 2, "themself": 3}
	forms := map[string][]string{
		"he":   {"he", "him", "his", "himself"},
		"she":  {"she", "her", "her", "herself"},
		"it":   {"it", "it", "its", "itself"},
		"noun": {"it", "it", "its", "itself"},
		"they": {"they", "them", "their", "themselves"},
	}
	i, isPronoun := column[form]
	if !isPronoun || forms[kind] == nil {
		return "", false
	}
	return forms[kind][i], true
}

// regular inflects text by rule. A verb's first word carries the ending ("pick
// up", "picked up"), a noun's last ("apple tree", "apple trees").
func regular(text, kind, form string) (string, bool) {
	rest := ""
	if i := strings.IndexByte(text, ' '); kind == "verb" && i >= 0 {
		text, rest = text[:i], text[i:]
	}
	switch form {
	case "s":
		return withS(text) + rest, true
	case "ed", "en":
		return withSuffix(text, "ed") + rest, true
	case "ing":
		return withIng(text) + rest, true
	case "er":
		return compare(text, "er", "more "), true
	case "est":
		return compare(text, "est", "most "), true
	}
	return "", false
}

// withS returns a noun's plural or a verb's third person.
func withS(text string) string {
	switch {
	case endsConsonantY(text):
		return text[:len(text)-1] + "ies"
	case hasAnySuffix(text, "s", "x", "z", "ch", "sh", "o"):
		return text + "es"
	}
	return text + "s"
}

// withSuffix adds ed, er or est.
func withSuffix(text, suffix string) string {
	switch {
	case strings.HasSuffix(text, "e"):
		return text + suffix[1:]
	case endsConsonantY(text):
		return text[:len(text)-1] + "i" + suffix
	case doubles(text):
		return text + text[len(text)-1:] + suffix
	}
	return text + suffix
}

func withIng(text string) string {
	switch {
	case strings.HasSuffix(text, "ie"):
		return text[:len(text)-2] + "ying"
	case strings.HasSuffix(text, "e") && !strings.HasSuffix(text, "ee"):
		return text[:len(text)-1] + "ing"
	case doubles(text):
		return text + text[len(text)-1:] + "ing"
	}
	return text + "ing"
}

// compare uses the suffix for words of one syllable and for those of two that
// end like happy, simple, hollow or clever.
func compare(text, suffix, adverb string) string {
	short := endsConsonantY(text) || hasAnySuffix(text, "le", "ow", "er")
	if syllables(text) == 1 || short && syllables(text) == 2 {
		return withSuffix(text, suffix)
	}
	return adverb + text
}

// doubles reports whether the last consonant is doubled before an ending: a
// word of one syllable with one vowel before one consonant.
func doubles(text string) bool {
	n := len(text)
	return n >= 3 && syllables(text) == 1 && !isVowel(text[n-1]) && isVowel(text[n-2]) &&
		!isVowel(text[n-3]) && !strings.ContainsRune("wxy", rune(text[n-1]))
}

// syllables counts groups of vowels; a final e is silent.
func syllables(text string) int {
	count, inside := 0, false
	for i := range len(text) {
		vowel := isVowel(text[i]) || text[i] == 'y' && i > 0
		if vowel && !inside && (i < len(text)-1 || text[i] != 'e' || count == 0) {
			count++
		}
		inside = vowel
	}
	return count
}

func endsConsonantY(text string) bool {
	n := len(text)
	return n >= 2 && text[n-1] == 'y' && !isVowel(text[n-2])
}

func isVowel(c byte) bool { return strings.IndexByte("aeiou", c) >= 0 }

func hasAnySuffix(text string, suffixes ...string) bool {
	for _, suffix := range suffixes {
		if strings.HasSuffix(text, suffix) {
			return true
		}
	}
	return false
}

// number writes n with a comma before thousands unless plain.
func number(n int, plain bool) string {
	if plain || n < 1000 {
		return strconv.Itoa(n)
	}
	last := strconv.Itoa(n%1000 + 1000)
	return number(n/1000, false) + "," + last[1:]
}
