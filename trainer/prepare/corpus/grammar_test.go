package corpus

import (
	"strings"
	"testing"
)

func TestGrammarDefinesWhatItUses(t *testing.T) {
	g := load()
	bound := map[string]bool{}
	visit(g, func(_ string, s *slot) { bound[s.variable] = true })
	visit(g, func(section string, s *slot) {
		if s.name != "" && g[s.name] == nil && !bound[s.name] {
			t.Errorf("[%s] uses {%s}, which is no section and never bound", section, s.source)
		}
	})
}

func TestGrammarUsesWhatItDefines(t *testing.T) {
	g := load()
	used := map[string]bool{"story": true, "article": true}
	visit(g, func(_ string, s *slot) { used[s.name] = true })
	for name, r := range g {
		if !used[name] {
			t.Errorf("[%s] is never used", name)
		}
		if len(r.words)+len(r.templates) == 0 {
			t.Errorf("[%s] is empty", name)
		}
	}
}

func TestSectionsBeginOnce(t *testing.T) {
	seen := map[string]bool{}
	files, err := grammarFiles.ReadDir("grammar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := grammarFiles.ReadFile("grammar/" + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(source)) {
			if strings.HasPrefix(line, "[") && seen[line] {
				t.Errorf("%s: %s begins a second time", file.Name(), strings.TrimSpace(line))
			}
			seen[line] = true
		}
	}
}

func TestListsHoldWordsOnly(t *testing.T) {
	for name, r := range load() {
		for _, w := range r.words {
			if strings.ContainsAny(w.base, "{}|=") {
				t.Errorf("[%s] is a list, but has the template %q", name, w.base)
			}
		}
	}
}

// visit calls f for each slot of each template.
func visit(g grammar, f func(section string, s *slot)) {
	var walk func(section string, t template)
	walk = func(section string, t template) {
		for _, n := range t {
			if n.slot != nil {
				f(section, n.slot)
			}
			for _, choice := range n.choices {
				walk(section, choice)
			}
		}
	}
	for name, r := range g {
		for _, t := range r.templates {
			walk(name, t)
		}
	}
}

func FuzzParseTemplate(f *testing.F) {
	for _, seed := range []string{"a {b} c", "{a|{b|}|}", "{x:=y}{x.s.they}", "{#1-9}{x+1-2}{9-1}", "{{}", "}{", "{^}", "{.}", "{x+9-1}", "{0-9223372036854775807}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 1000 {
			t.Skip("long templates only take long")
		}
		g := grammar{"x": &rule{name: "x", templates: []template{parseTemplate("7")}}}
		text := newWriter(g, testRandom()).expand(parseTemplate(source))
		if !strings.ContainsAny(source, "{}") && text != source {
			t.Errorf("text %q became %q", source, text)
		}
	})
}
