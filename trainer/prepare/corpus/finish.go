package corpus

import "strings"

// finish turns an expanded document into text: line ends for \n, one space
// between words, "an" before vowels, capitals at the starts of sentences.
func finish(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, `\n`, "\n"), "\n")
	for i, line := range lines {
		heading := strings.HasPrefix(strings.TrimSpace(line), "= ")
		line = articles(strings.Join(strings.Fields(line), " "))
		if heading {
			lines[i] = " " + line + " "
			continue
		}
		lines[i] = capitals(line)
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// articles writes "a" or "an" as the next word's sound asks.
func articles(line string) string {
	words := strings.Split(line, " ")
	for i := range len(words) - 1 {
		article := strings.ToLower(strings.TrimLeft(words[i], `"(`))
		switch {
		case article == "a" && startsWithVowelSound(words[i+1]):
			words[i] += "n"
		case article == "an" && !startsWithVowelSound(words[i+1]):
			words[i] = strings.TrimSuffix(words[i], "n")
		}
	}
	return strings.Join(words, " ")
}

func startsWithVowelSound(text string) bool {
	text = strings.ToLower(strings.TrimLeft(text, `"(`))
	for _, prefix := range []string{"one", "once", "uni", "use", "usu", "eu", "ewe"} {
		if strings.HasPrefix(text, prefix) {
			return strings.HasPrefix(text, "unin")
		}
	}
	for _, prefix := range []string{"hour", "honest", "honour", "8", "11 ", "18 "} {
		if strings.HasPrefix(text+" ", prefix) {
			return true
		}
	}
	return text != "" && isVowel(text[0])
}

// capitals gives each sentence of a line its capital letter. After a quotation
// that ends in ! or ? a sentence may go on ("Stop!" he said), and so may a
// quotation after a comma; a template there says {^they} where a new one starts.
func capitals(line string) string {
	b := []byte(line)
	start := true
	for i, c := range b {
		switch {
		case c >= 'a' && c <= 'z' && start:
			b[i] = c - 'a' + 'A'
			start = false
		case c == '"' && i >= 2 && b[i-1] == ' ' && strings.IndexByte(".!?:\"", b[i-2]) >= 0:
			start = true
		case c == ' ':
			start = start || endsSentence(b[:i])
		case c != '"':
			start = false
		}
	}
	return string(b)
}

// endsSentence reports whether a sentence certainly ends with before.
func endsSentence(before []byte) bool {
	n := len(before)
	if n == 0 {
		return false
	}
	if before[n-1] == '"' {
		return n > 1 && before[n-2] == '.'
	}
	return strings.IndexByte(".!?", before[n-1]) >= 0
}

func capitalize(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
