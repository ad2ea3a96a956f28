package allow

import (
	_ "embed"
	"go/types"
	"slices"
	"strings"
)

//go:embed names.txt
var namesText string

// Names is what mutable code may use of other packages.
type Names struct {
	packages map[string]*listed // by import path
}

// listed are the allowed names of one package.
type listed struct {
	mayImport bool
	all       bool
	names     map[string]bool // "Name", "Type.Member", "Type.*"
}

// List reads names.txt, which is part of the program.
func List() Names {
	all := Names{packages: map[string]*listed{}}
	var current *listed
	for line := range strings.Lines(namesText) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || strings.HasPrefix(line, "#"):
		case !strings.HasPrefix(line, "\t"):
			path, hidden := strings.CutPrefix(words[0], "~")
			current = &listed{mayImport: !hidden, names: map[string]bool{}}
			all.packages[path] = current
		case words[0] == "*":
			current.all = true
		default:
			for _, word := range words {
				current.names[word] = true
			}
		}
	}
	return all
}

// MayImport tells whether mutable code may import a package.
func (n Names) MayImport(path string) bool {
	found := n.packages[path]
	return found != nil && found.mayImport
}

// Imports lists the packages that mutable code may import.
func (n Names) Imports() []string {
	var paths []string
	for path, found := range n.packages {
		if found.mayImport {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// Has tells whether mutable code may use a name that a package declares at its top
// level.
func (n Names) Has(path, name string) bool {
	found := n.packages[path]
	return found != nil && (found.all || found.names[name])
}

// has tells whether mutable code may use what a name stands for.
func (n Names) has(object types.Object) bool {
	if object.Pkg() == nil { // of the language itself
		return true
	}
	found := n.packages[object.Pkg().Path()]
	switch {
	case found == nil:
		return false
	case found.all:
		return true
	case object.Parent() == object.Pkg().Scope():
		return found.names[object.Name()]
	}
	owner := ownerOf(object)
	if owner == "" { // a field: of which type isn't told, but names are few
		return found.hasMember(object.Name())
	}
	return found.names[owner+"."+object.Name()] || found.names[owner+".*"]
}

// hasMember tells whether any listed type has all its members listed, or one of that
// name.
func (l *listed) hasMember(field string) bool {
	for name := range l.names {
		if _, member, ok := strings.Cut(name, "."); ok && (member == field || member == "*") {
			return true
		}
	}
	return false
}

// ownerOf is the name of the type that a method belongs to, or "".
func ownerOf(object types.Object) string {
	method, ok := object.(*types.Func)
	if !ok || method.Signature().Recv() == nil {
		return ""
	}
	receiver := types.Unalias(method.Signature().Recv().Type())
	if pointer, ok := receiver.(*types.Pointer); ok {
		receiver = types.Unalias(pointer.Elem())
	}
	if named, ok := receiver.(*types.Named); ok {
		return named.Obj().Name()
	}
	return "?" // of a type without a name: never listed
}
