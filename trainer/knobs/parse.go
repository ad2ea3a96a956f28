package knobs

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"slices"
	"strconv"
	"strings"
)

// File is the file that holds a recipe's knobs, from the module's root.
const File = "trainer/recipe.go"

// ErrNoRecipe says that the source has no NewRecipe that returns Recipe{…}.
var ErrNoRecipe = errors.New("no function NewRecipe that returns a literal Recipe{…}")

// span is where a knob stands in the source: byte offsets of its value.
type span struct{ start, end int }

// Parse returns the recipe's knobs in the order of the source. It returns
// ErrNoRecipe where there is no recipe, and an error that names the line where a
// domain is malformed or a knob's value is not a plain literal. A value outside
// its domain is not an error here: a kept change may have gone beyond it.
func Parse(src string) ([]Knob, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parse the recipe: %w", err)
	}
	literal := recipeLiteral(file)
	if literal == nil {
		return nil, fmt.Errorf("parse the recipe: %w", ErrNoRecipe)
	}
	reader := reader{tokens: fset.File(file.Pos()), comments: lineComments(fset, file), types: fieldTypes(file)}
	knobs := []Knob{}
	for _, element := range literal.Elts {
		knob, ok, err := reader.read(element)
		if err == nil && ok && slices.ContainsFunc(knobs, func(k Knob) bool { return k.Name == knob.Name }) {
			err = fmt.Errorf("%s is set twice", knob.Name)
		}
		if err != nil {
			return nil, fmt.Errorf("parse the recipe, line %d: %w", reader.line(element.End()), err)
		}
		if ok {
			knobs = append(knobs, knob)
		}
	}
	return knobs, settleConditions(knobs)
}

// recipeLiteral returns the literal Recipe{…} that NewRecipe returns, or nil.
func recipeLiteral(file *ast.File) *ast.CompositeLit {
	for _, decl := range file.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Recv != nil || fn.Name.Name != "NewRecipe" || fn.Body == nil {
			continue
		}
		for _, statement := range fn.Body.List {
			result, ok := statement.(*ast.ReturnStmt)
			if !ok || len(result.Results) == 0 {
				continue
			}
			literal, ok := result.Results[0].(*ast.CompositeLit)
			if !ok {
				continue
			}
			if name, ok := literal.Type.(*ast.Ident); ok && name.Name == "Recipe" {
				return literal
			}
		}
	}
	return nil
}

// lineComments returns the text of each // comment by its line.
func lineComments(fset *token.FileSet, file *ast.File) map[int]string {
	comments := map[int]string{}
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if text, ok := strings.CutPrefix(comment.Text, "//"); ok {
				comments[fset.PositionFor(comment.Pos(), false).Line] = text
			}
		}
	}
	return comments
}

// fieldTypes returns the type names of Recipe's fields, as far as this file
// declares them.
func fieldTypes(file *ast.File) map[string]string {
	types := map[string]string{}
	for node := range ast.Preorder(file) {
		spec, ok := node.(*ast.TypeSpec)
		if !ok || spec.Name.Name != "Recipe" {
			continue
		}
		structure, ok := spec.Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, field := range structure.Fields.List {
			for _, name := range field.Names {
				if ident, ok := field.Type.(*ast.Ident); ok {
					types[name.Name] = ident.Name
				}
			}
		}
	}
	return types
}

// reader reads the elements of the literal.
type reader struct {
	tokens   *token.File
	comments map[int]string    // By line.
	types    map[string]string // By field.
}

func (r reader) line(pos token.Pos) int { return r.tokens.PositionFor(pos, false).Line }

// read returns the knob that an element of the literal sets. Without a domain
// it is not a knob: ok is false.
func (r reader) read(element ast.Expr) (knob Knob, ok bool, err error) {
	pair, isPair := element.(*ast.KeyValueExpr)
	if !isPair {
		return Knob{}, false, nil
	}
	key, isName := pair.Key.(*ast.Ident)
	if !isName {
		return Knob{}, false, nil
	}
	line := r.line(pair.End())
	domain, doc, ok, err := parseDomain(r.comments[line])
	if !ok {
		return Knob{}, false, nil
	}
	knob = Knob{Name: key.Name, Domain: domain, Line: line}
	knob.When, knob.Doc = parseCondition(doc)
	knob.span = span{r.tokens.Offset(pair.Value.Pos()), r.tokens.Offset(pair.Value.End())}
	if err == nil {
		err = r.readValue(&knob, pair)
	}
	if err == nil {
		err = settleDomain(&knob)
	}
	if err != nil {
		return Knob{}, false, fmt.Errorf("%s: %w", key.Name, err)
	}
	return knob, true, nil
}

// readValue sets the knob's kind and value.
func (r reader) readValue(knob *Knob, pair *ast.KeyValueExpr) error {
	text, kind := literalValue(pair.Value)
	if kind == "" {
		return errors.New("a knob's value must be a plain string, number, true or false")
	}
	if r.line(pair.Pos()) != knob.Line {
		return errors.New("a knob must stand on one line")
	}
	knob.Kind = kind
	// 2 is an integer and a float; the field's type or its domain tells which.
	if kind == Int && (strings.HasPrefix(r.types[knob.Name], "float") || hasFraction(knob.Domain)) {
		knob.Kind = Float
	}
	if knob.Kind == Float && strings.Contains(r.types[knob.Name], "int") {
		return errors.New("an integer's domain must hold integers")
	}
	plain, err := knob.Plain(text)
	knob.Value = plain
	return err
}

// literalValue returns the text and the kind of a plain literal; the kind of
// anything else is empty.
func literalValue(expr ast.Expr) (string, Kind) {
	switch value := expr.(type) {
	case *ast.BasicLit:
		switch value.Kind {
		case token.INT:
			return value.Value, Int
		case token.FLOAT:
			return value.Value, Float
		case token.STRING:
			text, err := strconv.Unquote(value.Value)
			if err != nil {
				return "", ""
			}
			return text, String
		}
	case *ast.Ident:
		if value.Name == "true" || value.Name == "false" {
			return value.Name, Bool
		}
	case *ast.UnaryExpr:
		text, kind := literalValue(value.X)
		if value.Op == token.SUB && (kind == Int || kind == Float) && !strings.HasPrefix(text, "-") {
			return "-" + text, kind
		}
	}
	return "", ""
}

// hasFraction tells whether a domain of numbers holds one that is no integer.
func hasFraction(d Domain) bool {
	if d.IsRange() {
		return d.Low != math.Trunc(d.Low) || d.High != math.Trunc(d.High)
	}
	for _, choice := range d.Choices {
		if x, err := parseFloat(choice); err == nil && x != math.Trunc(x) {
			return true
		}
	}
	return false
}

// settleDomain checks the domain against the knob's kind and brings its choices
// into plain form.
func settleDomain(knob *Knob) error {
	if knob.Domain.IsRange() {
		if knob.Kind != Int && knob.Kind != Float {
			return fmt.Errorf("a %s cannot have a range; list its choices in braces", knob.Kind)
		}
		return nil
	}
	seen := map[string]bool{}
	for i, choice := range knob.Domain.Choices {
		plain, err := knob.Plain(choice)
		if err != nil {
			return fmt.Errorf("choice %s is not %s", choice, kindInWords(knob.Kind))
		}
		if seen[plain] {
			return fmt.Errorf("choice %s is listed twice", choice)
		}
		seen[plain] = true
		knob.Domain.Choices[i] = plain
	}
	return nil
}

func kindInWords(kind Kind) string {
	switch kind {
	case Int:
		return "an integer"
	case Float:
		return "a number"
	case Bool:
		return "true or false"
	}
	return "a string"
}
