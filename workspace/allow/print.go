package allow

import (
	"go/ast"
	"go/constant"
	"go/types"
	"regexp"
	"strings"
)

// printing looks at a call of fmt: a text that holds an address differs from run to
// run, and says where memory lies.
func (c *checker) printing(call *ast.CallExpr) {
	name := c.calledFmt(call)
	if name == "" || len(call.Args) == 0 {
		return
	}
	arguments, verbs := call.Args, ""
	if name == "Sprintf" || name == "Errorf" {
		format := c.info.Types[call.Args[0]].Value
		if format == nil || format.Kind() != constant.String {
			c.report(call.Pos(), "write the format of fmt.%s as a constant string", name)
			return
		}
		found, problem := verbsOf(constant.StringVal(format))
		if problem != "" {
			c.report(call.Pos(), "fmt.%s: %s", name, problem)
			return
		}
		arguments, verbs = call.Args[1:], found
	}
	if call.Ellipsis.IsValid() {
		c.report(call.Pos(), "fmt.%s: write the values one by one, not as a slice behind ...", name)
		return
	}
	for i, argument := range arguments {
		verb := byte('v')
		if i < len(verbs) {
			verb = verbs[i]
		}
		if verb == 'w' && (name != "Errorf" || !hasMethod(c.info.TypeOf(argument), "Error")) {
			c.report(argument.Pos(), "%%w is for errors in fmt.Errorf; write %%v")
		} else if !isPrintable(c.info.TypeOf(argument), verb) {
			c.report(argument.Pos(), "fmt.%s of a %s may show an address, which changes from run to run; print numbers, strings and errors (as %%v)",
				name, types.TypeString(c.info.TypeOf(argument), types.RelativeTo(c.own)))
		}
	}
}

// throwing looks at a call of panic: package fmt prints, raw, what a String or Error
// method throws.
func (c *checker) throwing(call *ast.CallExpr) {
	if len(call.Args) == 1 && !isPrintable(c.info.TypeOf(call.Args[0]), 'v') {
		c.report(call.Pos(), "panic with a %s; panic with an error or a string", types.TypeString(c.info.TypeOf(call.Args[0]), types.RelativeTo(c.own)))
	}
}

// calledFmt is the name of the function of package fmt that is called, or "".
func (c *checker) calledFmt(call *ast.CallExpr) string {
	selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	object, ok := c.info.Uses[selector.Sel].(*types.Func)
	if !ok || object.Pkg() == nil || object.Pkg().Path() != "fmt" || object.Signature().Recv() != nil {
		return ""
	}
	return object.Name()
}

// verbsOf returns the verbs of a format, one for each argument; * is one, too. It reads
// formats in the way of package fmt: flags, width, precision, verb. What that would
// print otherwise than the eye reads, it would print raw.
func verbsOf(format string) (verbs, problem string) {
	start := regexp.MustCompile(`^[-+ 0]*(\*|[0-9]*)(?:\.(\*|[0-9]*))?`)
	for {
		_, rest, found := strings.Cut(format, "%")
		if !found {
			return verbs, ""
		}
		parts := start.FindStringSubmatch(rest)
		verbs += strings.Repeat("*", strings.Count(parts[0], "*"))
		rest = rest[len(parts[0]):]
		switch {
		case rest == "":
			return "", "the format ends in the midst of a verb"
		case rest[0] == '%':
		case rest[0] == 'p':
			return "", "%p shows an address, which changes from run to run; print values"
		case rest[0] == '[' || rest[0] == '#':
			return "", "write verbs without [] and #"
		case strings.IndexByte("vTtbcdoOqxXUeEfFgGsw", rest[0]) < 0:
			return "", "%" + parts[0] + rest[:1] + " is no verb; write flags, width, precision and verb, such as %-6.2f"
		default:
			verbs += rest[:1]
		}
		format = rest[1:]
	}
}

// isPrintable tells whether a value of a type is the same text in every run.
func isPrintable(t types.Type, verb byte) bool {
	words := strings.IndexByte("vswq", verb) >= 0
	if words && speaks(t) {
		return true
	}
	if _, ok := types.Unalias(t).(*types.TypeParam); ok {
		plain, some := true, false
		each(t, func(one types.Type) { plain, some = plain && isPlain(one, 0), true })
		return plain && some
	}
	return isPlain(t, 0)
}

// speaks tells whether fmt asks the value itself for its text.
func speaks(t types.Type) bool {
	if _, ok := t.Underlying().(*types.Interface); ok {
		return hasMethod(t, "Error") || hasMethod(t, "String")
	}
	if slice, ok := t.Underlying().(*types.Slice); ok {
		return speaks(slice.Elem())
	}
	return hasMethod(t, "Error") || hasMethod(t, "String")
}

// hasMethod tells whether values of a type have a method func() string of that name.
func hasMethod(t types.Type, name string) bool {
	selection := types.NewMethodSet(t).Lookup(nil, name)
	if selection == nil {
		return false
	}
	signature, ok := selection.Type().(*types.Signature)
	return ok && signature.Params().Len() == 0 && signature.Results().Len() == 1 &&
		types.Identical(signature.Results().At(0).Type(), types.Typ[types.String])
}

// isPlain tells whether a type is made of numbers, strings and booleans alone.
func isPlain(t types.Type, depth int) bool {
	const deepest = 10
	if depth > deepest {
		return false
	}
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Kind() != types.UnsafePointer && t.Kind() != types.Invalid
	case *types.Slice:
		return isPlain(t.Elem(), depth+1)
	case *types.Array:
		return isPlain(t.Elem(), depth+1)
	case *types.Map:
		return isPlain(t.Key(), depth+1) && isPlain(t.Elem(), depth+1)
	case *types.Struct:
		for field := range t.Fields() {
			if !isPlain(field.Type(), depth+1) {
				return false
			}
		}
		return true
	}
	return false
}
