package edit

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/ternlab/ternlab/workspace/allow"
)

// graphPackage is the one whose names may stand alone, so that graphs read as maths.
const graphPackage = "github.com/gomlx/gomlx/core/graph"

// checkSource returns why the Go source text may not become part of the trainer,
// or "". file is for positions in messages.
func checkSource(names allow.Names, file, text string) string {
	positions := token.NewFileSet()
	source, err := parser.ParseFile(positions, file, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return "it is not valid Go: " + firstErrors(err)
	}
	at := func(node ast.Node, reason string) string {
		if reason == "" {
			return ""
		}
		return fmt.Sprintf("line %d: %s", positions.Position(node.Pos()).Line, reason)
	}
	if source.Name.Name != "main" {
		return at(source.Name, "files of trainer/ belong to package main; write `package main`")
	}
	if reason := checkImports(names, source); reason != "" {
		return reason
	}
	for _, group := range source.Comments {
		for _, comment := range group.List {
			if isDirective(comment.Text) {
				return at(comment, fmt.Sprintf("the directive %.40q is not available; remove it", comment.Text))
			}
		}
	}
	for _, declaration := range source.Decls {
		if function, ok := declaration.(*ast.FuncDecl); ok {
			if reason := at(function, checkFunction(function)); reason != "" {
				return reason
			}
		}
	}
	return checkNames(names, source, at)
}

// firstErrors shows the first few syntax errors; the rest tends to follow from them.
func firstErrors(err error) string {
	const shown = 3
	var list scanner.ErrorList
	if !errors.As(err, &list) {
		return err.Error()
	}
	var lines []string
	for _, e := range list[:min(len(list), shown)] {
		lines = append(lines, fmt.Sprintf("line %d:%d: %s", e.Pos.Line, e.Pos.Column, e.Msg))
	}
	return strings.Join(lines, "; ")
}

// checkImports reports all refused imports at once, so that one retry mends them.
func checkImports(names allow.Names, source *ast.File) string {
	var reasons []string
	refused := map[string][]string{} // by advice
	for _, spec := range source.Imports {
		imported := importPath(spec)
		if !names.MayImport(imported) {
			advice := allow.Advice(imported)
			refused[advice] = append(refused[advice], strconv.Quote(imported))
		} else if spec.Name != nil && spec.Name.Name == "." && imported != graphPackage {
			reasons = append(reasons, fmt.Sprintf("import %q with its name; only core/graph may be imported with a dot", imported))
		}
	}
	for _, advice := range slices.Sorted(maps.Keys(refused)) {
		reasons = append(reasons, "import of "+strings.Join(refused[advice], ", ")+" is not allowed: "+advice)
	}
	return strings.Join(reasons, "; ")
}

func importPath(spec *ast.ImportSpec) string {
	imported, err := strconv.Unquote(spec.Path.Value)
	if err != nil { // the parser took it, so this can't be; refused as it is
		return spec.Path.Value
	}
	return imported
}

// isDirective reports whether the compiler, the go command or cgo obeys a comment.
func isDirective(comment string) bool {
	for _, prefix := range []string{"//go:", "//line ", "/*line ", "//export ", "//extern ", "//+build", "// +build"} {
		if strings.HasPrefix(comment, prefix) {
			return true
		}
	}
	return false
}

func checkFunction(function *ast.FuncDecl) string {
	switch {
	case function.Body == nil:
		return fmt.Sprintf("%s has no body; write it in Go", function.Name.Name)
	case function.Recv != nil:
		return ""
	case function.Name.Name == "main":
		return "func main is in the fixed main.go; change what it calls"
	case function.Name.Name == "init":
		return "init functions are not allowed; do the work in a function that the training step calls"
	}
	return ""
}

// checkNames looks for names that importable packages have but mutable code may not
// use, and for goroutines. Whether a name is what it seems, the types tell; see package
// allow.
func checkNames(names allow.Names, source *ast.File, at func(ast.Node, string) string) string {
	packages := map[string]string{} // local name → import path
	for _, spec := range source.Imports {
		imported := importPath(spec)
		local := path.Base(imported)
		if imported == "math/rand/v2" {
			local = "rand"
		}
		if spec.Name != nil {
			local = spec.Name.Name
		}
		packages[local] = imported
	}
	found := ""
	ast.Inspect(source, func(node ast.Node) bool {
		if found != "" {
			return false
		}
		switch node := node.(type) {
		case *ast.SelectorExpr:
			name, ok := ast.Unparen(node.X).(*ast.Ident)
			if !ok {
				return true
			}
			if imported := packages[name.Name]; imported != "" && token.IsExported(node.Sel.Name) && !names.Has(imported, node.Sel.Name) {
				found = at(node, fmt.Sprintf("%s.%s is not allowed: %s", imported, node.Sel.Name, allow.Advice(imported)))
			}
		case *ast.GoStmt, *ast.SelectStmt, *ast.ChanType:
			found = at(node, "goroutines and channels make figures depend on timing; compute one thing after another, the backend uses all processors")
		}
		return found == ""
	})
	return found
}
