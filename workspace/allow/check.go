package allow

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// Package is a candidate's package.
type Package struct {
	Path      string            // import path
	Files     map[string]string // text by name
	Fixed     map[string]bool   // names of files that no candidate may change: they may use what they like
	Importer  types.Importer
	GoVersion string // of the language: "go1.26"
	Arch      string // GOARCH
}

// Finding is something that mutable code may not do.
type Finding struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}

// TypeError says that a package does not compile.
type TypeError struct {
	Problems []string // "trainer/loss.go:12:3: undefined: x"
}

// Error shows the problems, a line each.
func (e *TypeError) Error() string { return strings.Join(e.Problems, "\n") }

// Check returns what mutable code of a package does that it may not. A package that
// doesn't compile is a [*TypeError].
func Check(names Names, p Package) ([]Finding, error) {
	positions := token.NewFileSet()
	var files []*ast.File
	for _, name := range slices.Sorted(maps.Keys(p.Files)) {
		file, err := parser.ParseFile(positions, name, p.Files[name], parser.SkipObjectResolution)
		if err != nil {
			return nil, &TypeError{strings.Split(err.Error(), "\n")}
		}
		files = append(files, file)
	}
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{},
		Instances: map[*ast.Ident]types.Instance{}, Implicits: map[ast.Node]types.Object{},
	}
	const shown = 10
	var problems []string
	config := types.Config{
		GoVersion: p.GoVersion, Importer: p.Importer, Sizes: types.SizesFor("gc", p.Arch),
		Error: func(err error) {
			if len(problems) < shown {
				problems = append(problems, problemText(err))
			}
		},
	}
	checked, err := config.Check(p.Path, positions, files, info)
	if len(problems) > 0 {
		return nil, &TypeError{problems}
	}
	if err != nil {
		return nil, fmt.Errorf("check types: %w", err)
	}
	c := &checker{names: names, own: checked, info: info, positions: positions, fixed: p.Fixed, seen: map[types.Type]string{}}
	for _, file := range files {
		if name := positions.Position(file.Pos()).Filename; !p.Fixed[name] {
			c.file(file)
		}
	}
	return c.findings, nil
}

func problemText(err error) string {
	var problem types.Error
	if errors.As(err, &problem) {
		return problem.Fset.Position(problem.Pos).String() + ": " + problem.Msg
	}
	return err.Error()
}

// checker looks at one package.
type checker struct {
	names     Names
	own       *types.Package
	info      *types.Info
	positions *token.FileSet
	fixed     map[string]bool
	seen      map[types.Type]string // what isn't allowed about a type, or ""
	findings  []Finding
}

func (c *checker) report(at token.Pos, format string, args ...any) {
	position := c.positions.Position(at)
	found := Finding{position.Filename, position.Line, fmt.Sprintf(format, args...)}
	if !slices.Contains(c.findings, found) {
		c.findings = append(c.findings, found)
	}
}

// file looks at every node of a file, from the top to the bottom.
func (c *checker) file(file *ast.File) {
	var above []ast.Node
	ast.Inspect(file, func(node ast.Node) bool {
		if node == nil {
			above = above[:len(above)-1]
			return true
		}
		c.node(node, above)
		above = append(above, node)
		return true
	})
}

// node looks at a node; above are those that it stands in.
func (c *checker) node(node ast.Node, above []ast.Node) {
	switch node := node.(type) {
	case *ast.Ident:
		c.use(node, above)
	case *ast.InterfaceType:
		c.ownInterface(node)
	case *ast.RangeStmt:
		if holdsMap(c.info.TypeOf(node.X)) {
			c.report(node.Pos(), "the order of a map changes from run to run; range over slices.Sorted(maps.Keys(m))")
		}
	case *ast.GoStmt:
		c.report(node.Pos(), "goroutines make figures depend on timing; compute one thing after another, the backend uses all processors")
	case *ast.SelectStmt:
		c.report(node.Pos(), "select waits for other goroutines, which there are none of; compute one thing after another")
	case *ast.CallExpr:
		c.builtin(node)
		c.printing(node)
	}
	if expression, ok := node.(ast.Expr); ok {
		if found, ok := c.info.Types[expression]; ok {
			c.value(expression, found)
		}
	}
	if object := c.info.Implicits[node]; object != nil { // as in the cases of a type switch
		c.typed(node.Pos(), object.Type())
	}
}

// builtin looks at calls of the language's own functions.
func (c *checker) builtin(call *ast.CallExpr) {
	name, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok || !c.info.Types[call.Fun].IsBuiltin() {
		return
	}
	switch name.Name {
	case "print", "println":
		c.report(call.Pos(), "%s is not allowed: the harness prints progress; return an error for what goes wrong", name.Name)
	case "panic":
		c.throwing(call)
	}
}

// value looks at what an expression is.
func (c *checker) value(expression ast.Expr, found types.TypeAndValue) {
	if !found.IsBuiltin() && found.Type != nil {
		c.typed(expression.Pos(), found.Type)
	}
}

// typed refuses a type that holds what isn't allowed.
func (c *checker) typed(at token.Pos, t types.Type) {
	if reason := c.refusal(t); reason != "" {
		c.report(at, "%s", reason)
	}
}

// use looks at what a name stands for.
func (c *checker) use(name *ast.Ident, above []ast.Node) {
	if instance, ok := c.info.Instances[name]; ok {
		c.typed(name.Pos(), instance.Type)
		for argument := range instance.TypeArgs.Types() {
			c.typed(name.Pos(), argument)
		}
	}
	if object := c.info.Defs[name]; object != nil { // its type may be written nowhere
		c.typed(name.Pos(), object.Type())
	}
	object := c.info.Uses[name]
	if object == nil || object.Pkg() == nil { // nothing, or the language's own
		return
	}
	if _, ok := object.(*types.PkgName); ok {
		return
	}
	if object.Pkg() == c.own {
		if file := c.positions.Position(object.Pos()).Filename; c.fixed[file] && object.Parent() == c.own.Scope() {
			c.report(name.Pos(), "%s belongs to the fixed %s; do without it", name.Name, file)
		}
		return
	}
	if !c.names.has(object) {
		c.report(name.Pos(), "%s is not allowed: %s", describe(object), Advice(object.Pkg().Path()))
		return
	}
	c.special(name, object, above)
}

// special looks at allowed names that are allowed in some places only.
func (c *checker) special(name *ast.Ident, object types.Object, above []ast.Node) {
	switch path := object.Pkg().Path(); {
	case path == "fmt" && object.Name() != "Stringer" && object.Name() != "String":
		if !isCalled(name, above) {
			c.report(name.Pos(), "fmt.%s may only be called, not passed on: what it prints has to be seen", name.Name)
		}
	case path == "maps" && (object.Name() == "Keys" || object.Name() == "Values"):
		if !c.isSorted(above) {
			c.report(name.Pos(), "maps.%s gives another order from run to run; write slices.Sorted(maps.%s(m))", name.Name, name.Name)
		}
	}
}

// isCalled tells whether a name, or the selector that it ends, is what a call calls.
func isCalled(name *ast.Ident, above []ast.Node) bool {
	var called ast.Expr = name
	for _, node := range slices.Backward(above) {
		switch node := node.(type) {
		case *ast.SelectorExpr:
			called = node
		case *ast.CallExpr:
			return node.Fun == called
		default:
			return false
		}
	}
	return false
}

// isSorted tells whether the call that a name belongs to is all that slices.Sorted is
// called with.
func (c *checker) isSorted(above []ast.Node) bool {
	calls := 0
	for _, node := range slices.Backward(above) {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			if _, ok := node.(*ast.SelectorExpr); !ok {
				return false
			}
			continue
		}
		if calls++; calls == 2 {
			selector, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return false
			}
			object := c.info.Uses[selector.Sel]
			return object != nil && object.Pkg() != nil && object.Pkg().Path() == "slices" && object.Name() == "Sorted"
		}
	}
	return false
}

// describe names an object as a person would.
func describe(object types.Object) string {
	owner := ownerOf(object)
	if variable, ok := object.(*types.Var); ok && variable.IsField() {
		return "field " + object.Name() + " of package " + object.Pkg().Path()
	}
	if owner != "" && owner != "?" {
		return "method " + object.Name() + " of " + object.Pkg().Path() + "." + owner
	}
	return object.Pkg().Path() + "." + object.Name()
}

// ownInterface refuses an interface by which a value could be asked for any exported
// method that its type has.
func (c *checker) ownInterface(written *ast.InterfaceType) {
	harmless := []string{"Error", "String", "Unwrap", "Is", "As", "Len", "Less", "Swap", "Push", "Pop"}
	for _, method := range written.Methods.List {
		for _, name := range method.Names {
			if name.IsExported() && !slices.Contains(harmless, name.Name) {
				c.report(name.Pos(), "method %s of an interface reaches other packages' methods of that name; write the methods of your interfaces in lower case", name.Name)
			}
		}
	}
}
