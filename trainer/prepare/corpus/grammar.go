package corpus

import "strings"

// grammar maps a section's name to its rule.
type grammar map[string]*rule

// rule is a section of a grammar file: templates of which one is expanded, or
// a list of words of one kind.
type rule struct {
	name string
	// kind is noun, verb, adj, word or part for a list of words; he, she, it or
	// they for templates that name somebody; empty for other templates.
	kind      string
	templates []template
	words     []*word
}

// word is an entry of a list: its forms that don't follow the rule, and
// facets, lists of what belongs to the word ("home" of "fox").
type word struct {
	base   string
	forms  map[string]string
	facets map[string]*rule
}

// parse adds the sections of source. Lines that start with # are comments.
func (g grammar) parse(source string) {
	var current *rule
	for line := range strings.Lines(source) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			current = g.section(strings.Trim(line, "[]"))
		case current == nil:
		case current.isList():
			current.addWords(line)
		default:
			current.templates = append(current.templates, parseTemplate(line))
		}
	}
}

// section returns the rule that a heading such as "fox: noun" names. A second
// heading of the same name goes on with the first.
func (g grammar) section(heading string) *rule {
	name, kind, _ := strings.Cut(heading, ":")
	name, kind = strings.TrimSpace(name), strings.TrimSpace(kind)
	if g[name] == nil {
		g[name] = &rule{name: name, kind: kind}
	}
	return g[name]
}

func (r *rule) isList() bool {
	switch r.kind {
	case "noun", "verb", "adj", "word", "part":
		return true
	}
	return false
}

// addWords reads "fox, mouse/mice" or, with facets, "fox; home=den; eats=mice|eggs".
func (r *rule) addWords(line string) {
	head, facets, _ := strings.Cut(line, ";")
	for entry := range strings.SplitSeq(head, ",") {
		if entry = strings.TrimSpace(entry); entry != "" {
			r.words = append(r.words, newWord(entry, r.kind, facets))
		}
	}
}

// newWord reads an entry: the base form, then after slashes the forms that
// don't follow the rule: a noun's plural; a verb's past, participle and -ing
// form; an adjective's comparative and superlative.
func newWord(entry, kind, facets string) *word {
	parts := strings.Split(entry, "/")
	w := &word{base: parts[0], forms: map[string]string{}, facets: map[string]*rule{}}
	order := map[string][]string{"noun": {"s"}, "verb": {"ed", "en", "ing"}, "adj": {"er", "est"}}[kind]
	for i, form := range parts[1:] {
		if i < len(order) {
			w.forms[order[i]] = form
		}
	}
	if kind == "verb" && len(parts) == 2 {
		w.forms["en"] = parts[1]
	}
	for facet := range strings.SplitSeq(facets, ";") {
		if name, source, ok := strings.Cut(facet, "="); ok {
			w.facets[strings.TrimSpace(name)] = newFacet(w.base, strings.TrimSpace(name), source)
		}
	}
	return w
}

// newFacet reads "mice|eggs" as a list of words; where an entry has irregular
// forms, it is a list of verbs.
func newFacet(base, name, source string) *rule {
	r := &rule{name: base + "." + name, kind: "word"}
	if strings.Contains(source, "/") {
		r.kind = "verb"
	}
	for entry := range strings.SplitSeq(source, "|") {
		r.words = append(r.words, newWord(strings.TrimSpace(entry), r.kind, ""))
	}
	return r
}
