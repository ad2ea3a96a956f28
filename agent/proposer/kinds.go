package proposer

import (
	"slices"
	"strings"
)

// Kind is a way to propose: a row of the table of [Kinds], which is all that a new one
// needs besides its own file.
type Kind struct {
	Name    string // As --proposer takes it, and as it begins the name of a [Proposer].
	Help    string // What it does, in a few words.
	Offline bool   // It asks nobody, costs nothing and may stand in for a model.
	New     func(options Options) (Proposer, error)
}

// Kinds is the table of proposers, without Auto, which picks one of them.
func Kinds() []Kind {
	return []Kind{
		{LLM, "a language model", false, newLLMWithFallback},
		{GP, "several knobs at once", true, always(gpProposer{})},
		{TPE, "one knob at a time, by what is known", true, always(tpeProposer{})},
		{Random, "one knob at a time, drawn evenly", true, always(randomProposer{})},
	}
}

// always makes the same proposer of any options.
func always(p Proposer) func(Options) (Proposer, error) {
	return func(Options) (Proposer, error) { return p, nil }
}

// Find finds a kind by its name.
func Find(name string) (Kind, bool) {
	kinds := Kinds()
	i := slices.IndexFunc(kinds, func(kind Kind) bool { return kind.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return kinds[i], true
}

// IsKnown tells whether --proposer takes a name.
func IsKnown(name string) bool {
	_, ok := Find(name)
	return ok || name == Auto
}

// IsOffline tells whether a kind of that name asks nobody.
func IsOffline(name string) bool {
	kind, ok := Find(name)
	return ok && kind.Offline
}

// Offline lists the kinds that ask nobody, for people: "gp, tpe" and the last behind a
// word such as "or".
func Offline(word string) string {
	var names []string
	for _, kind := range Kinds() {
		if kind.Offline {
			names = append(names, kind.Name)
		}
	}
	return list(names, word)
}

// Names lists all that --proposer takes, in the same way.
func Names(word string) string {
	names := []string{Auto}
	for _, kind := range Kinds() {
		names = append(names, kind.Name)
	}
	return list(names, word)
}

// Help is what --proposer takes, each with what it does.
func Help() string {
	helps := []string{Auto + " (" + LLM + " if it can, else " + TPE + ")"}
	for _, kind := range Kinds() {
		helps = append(helps, kind.Name+" ("+kind.Help+")")
	}
	return list(helps, "or")
}

func list(names []string, word string) string {
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " " + word + " " + names[last]
}
