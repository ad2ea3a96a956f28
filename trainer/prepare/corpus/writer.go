package corpus

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// writer expands templates for one document and remembers what it wrote.
type writer struct {
	grammar grammar
	rng     *rand.Rand
	// bound holds the variables: hero, place, year of birth.
	bound map[string]value
	// used holds, for each list, the indices of the words that the document has
	// used. They come back more often than chance, as a topic's words do in
	// real text.
	used map[string][]int
	// told holds the templates already used, so that sentences rarely repeat.
	told map[*template]bool
}

// value is an expanded rule: its text, and where it was one, the word.
type value struct {
	text string
	kind string
	word *word
}

func newWriter(g grammar, rng *rand.Rand) *writer {
	return &writer{
		grammar: g, rng: rng,
		bound: map[string]value{}, used: map[string][]int{}, told: map[*template]bool{},
	}
}

// expandRule returns a word of the list, or an expanded template, of a rule.
func (w *writer) expandRule(name string) value {
	r := w.grammar[name]
	if r == nil || len(r.words)+len(r.templates) == 0 {
		return value{text: "{" + name + "}"}
	}
	if r.isList() {
		return w.pick(r)
	}
	v := w.expandValue(*w.chooseTemplate(r))
	if r.kind != "" {
		v.kind = r.kind
	}
	return v
}

// pick takes a word that the document has used already in one of three cases,
// else any; words near the head of a list are likelier, as in Zipf's law. It
// never takes the same entry twice in a row, where there is another.
func (w *writer) pick(r *rule) value {
	n := len(r.words)
	if r.kind == "part" { // of a name: all are alike
		return value{text: r.words[w.rng.IntN(n)].base}
	}
	i := min(w.rng.IntN(n), w.rng.IntN(n))
	used := w.used[r.name]
	if len(used) > 0 && w.rng.IntN(3) == 0 {
		i = used[w.rng.IntN(len(used))]
	}
	if len(used) > 0 && i == used[len(used)-1] {
		i = (i + 1) % n
	}
	w.used[r.name] = append(used, i)
	return value{text: r.words[i].base, kind: r.kind, word: r.words[i]}
}

// chooseTemplate prefers one that the document hasn't used.
func (w *writer) chooseTemplate(r *rule) *template {
	chosen := &r.templates[w.rng.IntN(len(r.templates))]
	for range 4 {
		if !w.told[chosen] {
			break
		}
		chosen = &r.templates[w.rng.IntN(len(r.templates))]
	}
	w.told[chosen] = true
	return chosen
}

// expandValue is expand, but a template of one slot keeps the slot's word, so
// that it can be inflected later.
func (w *writer) expandValue(t template) value {
	if len(t) == 1 && t[0].slot != nil {
		return w.fill(t[0].slot)
	}
	return value{text: w.expand(t)}
}

func (w *writer) expand(t template) string {
	var text strings.Builder
	for _, n := range t {
		switch {
		case n.slot != nil:
			text.WriteString(w.fill(n.slot).text)
		case n.choices != nil:
			text.WriteString(w.expand(n.choices[w.rng.IntN(len(n.choices))]))
		default:
			text.WriteString(n.text)
		}
	}
	return text.String()
}

// fill returns what a slot stands for, or binds its variable to it.
func (w *writer) fill(s *slot) value {
	v := w.resolve(s)
	if s.variable == "" {
		if s.capital {
			v.text = capitalize(v.text)
		}
		return v
	}
	// Two variables rarely share a value: a hero's friend has another name.
	for range 8 {
		if !w.isBound(v.text) {
			break
		}
		v = w.resolve(s)
	}
	w.bound[s.variable] = v
	return value{}
}

func (w *writer) isBound(text string) bool {
	for _, v := range w.bound {
		if v.text == text {
			return true
		}
	}
	return false
}

// resolve returns a number, or the asked form of a variable or rule.
func (w *writer) resolve(s *slot) value {
	offset := s.low + w.rng.IntN(s.high-s.low+1)
	if s.name == "" {
		return value{text: number(offset, s.plain)}
	}
	v, ok := w.bound[s.name]
	if !ok {
		v = w.expandRule(s.name)
	}
	if s.high > 0 {
		base, err := strconv.Atoi(v.text)
		if err != nil {
			return value{text: "{" + s.source + "}"}
		}
		return value{text: strconv.Itoa(base + offset)}
	}
	for _, form := range s.forms {
		v = w.inflect(v, form)
	}
	return v
}

// inflect returns a form of v: a facet of its word, else an inflection.
func (w *writer) inflect(v value, form string) value {
	if v.word != nil {
		if facet, ok := v.word.facets[form]; ok {
			return w.pick(facet)
		}
		if irregular, ok := v.word.forms[form]; ok {
			return value{text: irregular}
		}
	}
	if text, ok := pronoun(v.kind, form); ok {
		return value{text: text}
	}
	if text, ok := regular(v.text, v.kind, form); ok {
		return value{text: text}
	}
	return value{text: "{" + v.text + "." + form + "}"}
}
