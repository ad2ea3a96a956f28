package corpus

import (
	"math/rand/v2"
	"testing"
)

func testRandom() *rand.Rand { return rand.New(rand.NewPCG(1, 1)) }

func TestFinish(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"an before a vowel", "a owl and a hen saw a old man.", "An owl and a hen saw an old man."},
		{"a before a consonant", "an hen", "A hen"},
		{"capital", `"A owl and (a ant."`, `"An owl and (an ant."`},
		{"sound, not letter", "a hour, a useful map, a one, a unhappy dog, a 8 and a 80", "An hour, a useful map, a one, an unhappy dog, an 8 and an 80"},
		{"sentences", "it ran. it hid? it sat! it ate.", "It ran. It hid? It sat! It ate."},
		{"quotation", `she said, "no." he left. "go!" she cried. "why?" "so."`, `She said, "no." He left. "Go!" she cried. "Why?" "So."`},
		{"title in a sentence", `it was called "soft and old".`, `It was called "soft and old".`},
		{"decimals", "it is 3.5 metres long. it is new.", "It is 3.5 metres long. It is new."},
		{"spaces", "a  hen \n\n  sat. ", "A hen\n\nSat."},
		{"line ends", `one.\n\ntwo.`, "One.\n\nTwo."},
		{"heading", `= a owl =\n\nthe owl`, " = an owl = \n\nThe owl"},
	} {
		if got := finish(test.text); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestInflect(t *testing.T) {
	g := grammar{}
	g.parse(`
[n: noun]
fox, city, day, bush, mouse/mice, apple tree, loaf of bread/loaves of bread
[v: verb]
walk, bake, carry, stop, visit, see/saw/seen, lie/lay/lain, travel/travelled/travelled/travelling, look after, play
[a: adj]
big, happy, late, beautiful, simple, good/better/best, grey
[girl: she]
Ann
[owl: noun]
owl; home=tree|tree; cry=sing/sang/sung
`)
	for _, test := range []struct{ section, word, form, want string }{
		{"n", "fox", "s", "foxes"},
		{"n", "city", "s", "cities"},
		{"n", "day", "s", "days"},
		{"n", "bush", "s", "bushes"},
		{"n", "mouse", "s", "mice"},
		{"n", "apple tree", "s", "apple trees"},
		{"n", "loaf of bread", "s", "loaves of bread"},
		{"n", "fox", "they", "it"},
		{"n", "fox", "their", "its"},
		{"v", "walk", "ed", "walked"},
		{"v", "bake", "ed", "baked"},
		{"v", "carry", "ed", "carried"},
		{"v", "stop", "ed", "stopped"},
		{"v", "visit", "ed", "visited"},
		{"v", "see", "ed", "saw"},
		{"v", "see", "en", "seen"},
		{"v", "see", "ing", "seeing"},
		{"v", "lie", "ing", "lying"},
		{"v", "bake", "ing", "baking"},
		{"v", "stop", "ing", "stopping"},
		{"v", "carry", "s", "carries"},
		{"v", "travel", "ing", "travelling"},
		{"v", "look after", "ed", "looked after"},
		{"v", "play", "ed", "played"},
		{"a", "big", "er", "bigger"},
		{"a", "happy", "est", "happiest"},
		{"a", "late", "er", "later"},
		{"a", "simple", "er", "simpler"},
		{"a", "beautiful", "er", "more beautiful"},
		{"a", "beautiful", "est", "most beautiful"},
		{"a", "good", "est", "best"},
		{"a", "grey", "er", "greyer"},
		{"owl", "owl", "home", "tree"},
		{"v", "walk", "nonsense", "{walk.nonsense}"},
	} {
		v := value{text: test.word, kind: g[test.section].kind}
		for _, w := range g[test.section].words {
			if w.base == test.word {
				v.word = w
			}
		}
		if got := newWriter(g, testRandom()).inflect(v, test.form).text; got != test.want {
			t.Errorf("%s.%s: got %q, want %q", test.word, test.form, got, test.want)
		}
	}
}

func TestSlots(t *testing.T) {
	g := grammar{}
	g.parse(`
[start]
{hero:=girl}{year:=#1700-1700}{hero} gave {hero.them} {hero.their} {owl.home} in {year}, {year+5-5}: {^owl.cry.ed} {2000-2000} {#3000-3000} {none}
[girl: she]
Ann
[owl: noun]
owl; home=tree; cry=sing/sang/sung
`)
	want := "Ann gave her her tree in 1700, 1705: Sang 2,000 3000 {none}"
	if got := newWriter(g, testRandom()).expandRule("start").text; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
