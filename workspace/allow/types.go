package allow

import (
	"fmt"
	"go/types"
)

// refusal returns what isn't allowed about a type, or "".
func (c *checker) refusal(t types.Type) string {
	if reason, known := c.seen[t]; known {
		return reason
	}
	c.seen[t] = "" // types may hold themselves
	reason := c.parts(t)
	c.seen[t] = reason
	return reason
}

// parts looks at what a type is made of. The candidate's own types are looked at
// where they are written.
func (c *checker) parts(t types.Type) string {
	switch t := t.(type) {
	case *types.Basic:
		if t.Kind() == types.UnsafePointer {
			return "a raw pointer; mutable code computes only and can't reach the process or its memory"
		}
	case *types.Alias:
		if reason := c.arguments(t.TypeArgs()); reason != "" {
			return reason
		}
		return c.refusal(types.Unalias(t))
	case *types.Named:
		return c.named(t)
	case *types.Chan:
		return "channels are for goroutines, which there are none of; compute one thing after another"
	case *types.Pointer:
		return c.refusal(t.Elem())
	case *types.Slice:
		return c.refusal(t.Elem())
	case *types.Array:
		return c.refusal(t.Elem())
	case *types.Map:
		return c.first(t.Key(), t.Elem())
	case *types.Tuple:
		for variable := range t.Variables() {
			if reason := c.refusal(variable.Type()); reason != "" {
				return reason
			}
		}
	case *types.Signature:
		return c.first(t.Params(), t.Results())
	case *types.Struct:
		for field := range t.Fields() {
			if reason := c.refusal(field.Type()); reason != "" {
				return reason
			}
		}
	case *types.Interface:
		return c.interfaceParts(t)
	case *types.Union:
		for term := range t.Terms() {
			if reason := c.refusal(term.Type()); reason != "" {
				return reason
			}
		}
	}
	return "" // a type parameter: what it stands for is looked at where it is chosen
}

func (c *checker) first(all ...types.Type) string {
	for _, t := range all {
		if reason := c.refusal(t); reason != "" {
			return reason
		}
	}
	return ""
}

func (c *checker) arguments(list *types.TypeList) string {
	for argument := range list.Types() {
		if reason := c.refusal(argument); reason != "" {
			return reason
		}
	}
	return ""
}

func (c *checker) named(t *types.Named) string {
	object := t.Obj()
	if object.Pkg() != c.own && !c.names.has(object) {
		return fmt.Sprintf("a value of type %s.%s is not allowed: %s", object.Pkg().Path(), object.Name(), Advice(object.Pkg().Path()))
	}
	return c.arguments(t.TypeArgs())
}

func (c *checker) interfaceParts(t *types.Interface) string {
	for method := range t.ExplicitMethods() {
		if reason := c.refusal(method.Type()); reason != "" {
			return reason
		}
	}
	for embedded := range t.EmbeddedTypes() {
		if reason := c.refusal(embedded); reason != "" {
			return reason
		}
	}
	return ""
}

// holdsMap tells whether a type is, or as a type parameter may be, a map.
func holdsMap(t types.Type) bool {
	if t == nil {
		return false
	}
	found := false
	each(t, func(one types.Type) {
		if pointer, ok := one.Underlying().(*types.Map); ok {
			found = pointer != nil
		}
	})
	return found
}

// each calls visit with a type, or with those that a type parameter may stand for.
func each(t types.Type, visit func(types.Type)) {
	constraint, ok := t.Underlying().(*types.Interface)
	if _, isParameter := types.Unalias(t).(*types.TypeParam); !isParameter || !ok {
		visit(t)
		return
	}
	eachTerm(constraint, visit, map[types.Type]bool{})
}

func eachTerm(constraint *types.Interface, visit func(types.Type), seen map[types.Type]bool) {
	if seen[constraint] {
		return
	}
	seen[constraint] = true
	for embedded := range constraint.EmbeddedTypes() {
		switch under := embedded.Underlying().(type) {
		case *types.Interface:
			eachTerm(under, visit, seen)
		case *types.Union:
			for term := range under.Terms() {
				if inner, ok := term.Type().Underlying().(*types.Interface); ok {
					eachTerm(inner, visit, seen)
				} else {
					visit(term.Type())
				}
			}
		default:
			visit(embedded)
		}
	}
}
