package knobs

import (
	_ "embed"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

//go:embed testdata/recipe.txt
var recipe string

// wrap puts one line into a recipe that starts on line 1.
func wrap(lines ...string) string {
	return "package main; func NewRecipe() Recipe { return Recipe{\n" + strings.Join(lines, "\n") + "\n} }\n"
}

func TestParseRecipe(t *testing.T) {
	got, err := Parse(recipe)
	if err != nil {
		t.Fatal(err)
	}
	choices := func(values ...string) Domain { return Domain{Choices: values} }
	want := []Knob{
		{Name: "LambdaSchedule", Value: "linear", Kind: String, Domain: choices("linear", "cosine", "exponential", "step"), Doc: "How lambda rises to 1.", Line: 26},
		{Name: "LambdaSteps", Value: "500", Kind: Int, Domain: choices("0", "50", "100", "500", "1000", "2000", "5000"), Doc: "Steps until lambda is 1.", Line: 27},
		{Name: "GroupSize", Value: "64", Kind: Int, Domain: choices("64", "128", "256"), Doc: "Weights that share one scale.", Line: 28},
		{Name: "ActivationBits", Value: "16", Kind: Int, Domain: choices("8", "16"), Doc: "Bits of an activation; 16 leaves it as it is.", Line: 29},
		{Name: "WeightScale", Value: "absmean", Kind: String, Domain: choices("absmean", "absmax"), Doc: "What a group's scale is made of.", Line: 30},
		{Name: "DeadZone", Value: "0.5", Kind: Float, Domain: Domain{Low: 0.3, High: 0.8}, Doc: "Weights below this part of the scale become 0.", Line: 31},
		{Name: "DeadZoneRecovery", Value: "false", Kind: Bool, Domain: choices("true", "false"), Doc: "Whether dead weights are folded into a bias.", Line: 32},
		{Name: "LearningRate", Value: "2e-05", Kind: Float, Domain: Domain{Low: 1e-5, High: 3e-3, Log: true}, Doc: "Peak learning rate.", Line: 35},
		{Name: "LRWarmupSteps", Value: "50", Kind: Int, Domain: choices("0", "50", "100", "200", "500"), Doc: "Steps until the learning rate peaks.", Line: 36},
		{Name: "ClipNorm", Value: "1", Kind: Float, Domain: choices("0", "0.5", "1", "2", "5"), Doc: "Gradient clipping by global norm; 0 is off.", Line: 37},
		{Name: "WeightDecay", Value: "0.01", Kind: Float, Domain: Domain{Low: 0, High: 0.2}, Doc: "Decoupled weight decay.", Line: 38},
		{Name: "BatchSize", Value: "8", Kind: Int, Domain: choices("4", "8", "16"), Doc: "Sequences in a batch.", Line: 42},
		{Name: "SequenceLength", Value: "64", Kind: Int, Domain: choices("32", "64", "128"), Doc: "Tokens in a sequence.", Line: 43},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Knob{})); diff != "" {
		t.Error(diff)
	}
	for _, knob := range got {
		if err := knob.Check(knob.Value); err != nil {
			t.Error(err)
		}
	}
}

// TestTrainersRecipe holds that the recipe in the repository can be searched.
func TestTrainersRecipe(t *testing.T) {
	source, err := os.ReadFile("../../trainer/recipe.go")
	if err != nil {
		t.Fatal(err)
	}
	all, err := Parse(string(source))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, knob := range all {
		names = append(names, knob.Name)
		if len(knob.Values()) < 2 || knob.Doc == "" {
			t.Errorf("%s has %d values and says %q", knob.Name, len(knob.Values()), knob.Doc)
		}
	}
	for _, name := range []string{"LambdaSchedule", "LambdaSteps", "LearningRate", "GroupSize", "ActivationBits", "ClipNorm"} {
		if !slices.Contains(names, name) {
			t.Errorf("no knob %s; there are %s", name, names)
		}
	}
}

func TestParseKindsAndDomains(t *testing.T) {
	tests := []struct {
		line   string
		value  string
		kind   Kind
		domain string
		doc    string
	}{
		{`A: 2e-5, // [1e-5, 3e-3] log. Peak.`, "2e-05", Float, "[1e-05, 0.003] log", "Peak."},
		{`A: 2e-5, // [1e-5, 3e-3] log Peak.`, "2e-05", Float, "[1e-05, 0.003] log", "Peak."},
		{`A: 2e-5, // [1e-5, 3e-3] log`, "2e-05", Float, "[1e-05, 0.003] log", ""},
		{`A: 2e-5, // [1e-5, 3e-3] logarithm base.`, "2e-05", Float, "[1e-05, 0.003]", "logarithm base."},
		{`A: 1, // {0.5, 1} A whole number in a field of fractions.`, "1", Float, "{0.5, 1}", "A whole number in a field of fractions."},
		{`A: 1, // [0.5, 2]`, "1", Float, "[0.5, 2]", ""},
		{`A: 3, // [2, 8] Layers.`, "3", Int, "[2, 8]", "Layers."},
		{`A: -1, // {-1, 0, 1.0}`, "-1", Int, "", ""}, // 1.0 is no integer: an error.
		{`A: -1, // {-1, 0, 1}`, "-1", Int, "{-1, 0, 1}", ""},
		{`A: -1.5, //[-2,2]tight`, "-1.5", Float, "[-2, 2]", "tight"},
		{`A: true, // {true, false}`, "true", Bool, "{true, false}", ""},
		{"A: `raw`, // {raw, cooked}", "raw", String, "{raw, cooked}", ""},
		{`A: "a b", // { a b , c }  Spaces.`, "a b", String, "{a b, c}", "Spaces."},
		{`A: 1.0, // {0, 1.00, 2e0}`, "1", Float, "{0, 1, 2}", ""},
		{`A: "x", // {y} Beyond its domain, which a kept change may be.`, "x", String, "{y}", "Beyond its domain, which a kept change may be."},
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			got, err := Parse(wrap(test.line))
			if test.domain == "" {
				if err == nil {
					t.Fatalf("parsed %+v, want an error", got)
				}
				return
			}
			if err != nil || len(got) != 1 {
				t.Fatalf("parsed %d knobs, %v", len(got), err)
			}
			knob := got[0]
			if knob.Value != test.value || knob.Kind != test.kind || knob.Domain.String() != test.domain || knob.Doc != test.doc {
				t.Errorf("got %s %s %s %q", knob.Value, knob.Kind, knob.Domain, knob.Doc)
			}
		})
	}
}

func TestParseIgnoresWhatIsNoKnob(t *testing.T) {
	for _, line := range []string{
		`Seed: 1, // The seed is not for the search.`,
		`A: 1,`,
		`A: f(2),`,
		`A: 1, /* {1, 2} only line comments count */`,
		"// {1, 2} a comment of its own\n\tA: 1,",
	} {
		if got, err := Parse(wrap(line)); err != nil || len(got) != 0 {
			t.Errorf("%s: %v %v", line, got, err)
		}
	}
	other := "package main\nvar other = Recipe{\n\tA: 1, // {1, 2}\n}\n" + wrap(`B: 2, // {2, 3}`)[len("package main;"):]
	got, err := Parse(other)
	if err != nil || len(got) != 1 || got[0].Name != "B" {
		t.Errorf("only NewRecipe's literal counts: %v %v", got, err)
	}
}

func TestParseErrorsNameTheLine(t *testing.T) {
	tests := []struct{ line, want string }{
		{`A: 1, // {1, 2`, "line 2: A: the list of choices has no closing brace"},
		{`A: 1, // {1,, 2}`, "line 2: A: an empty choice in {1,, 2}"},
		{`A: 1, // {}`, "line 2: A: an empty choice in {}"},
		{`A: "a", // {"a", "b"}`, `line 2: A: choice "a": write it without quotes`},
		{`A: 1, // {1, one}`, "line 2: A: choice one is not an integer"},
		{`A: true, // {true, perhaps}`, "line 2: A: choice perhaps is not true or false"},
		{`A: 1.5, // {1, 1.0, 1.5}`, "line 2: A: choice 1.0 is listed twice"},
		{`A: 1, // [1, 2`, "line 2: A: the range has no closing bracket"},
		{`A: 1, // [1 2]`, "line 2: A: range [1 2]: want [low, high]"},
		{`A: 1, // [1, many]`, "line 2: A: range [1, many]: want two numbers"},
		{`A: 1, // [1, 2, 3]`, "line 2: A: range [1, 2, 3]: want two numbers"},
		{`A: 1, // [NaN, 2]`, "line 2: A: range [NaN, 2]: want two numbers"},
		{`A: 1, // [2, 1]`, "line 2: A: range [2, 1]: its low end is not below its high end"},
		{`A: 1.0, // [-1e308, 1e308]`, "line 2: A: range [-1e308, 1e308] is too wide"},
		{`A: 1.0, // [0, 1] log.`, "line 2: A: range [0, 1]: a log scale needs a low end above 0"},
		{`A: "a", // [1, 2]`, "line 2: A: a string cannot have a range; list its choices in braces"},
		{`A: f(1), // {1, 2}`, "line 2: A: a knob's value must be a plain string, number, true or false"},
		{"A:\n1, // {1, 2}", "line 3: A: a knob must stand on one line"},
		{"A: 1, // {1, 2}\nA: 2, // {1, 2}", "line 3: A is set twice"},
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			_, err := Parse(wrap(test.line))
			if err == nil || err.Error() != "parse the recipe, "+test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
	typed := "package main\ntype Recipe struct{ A int }\n" + wrap(`A: 1, // [0.5, 2]`)[len("package main;"):]
	if _, err := Parse(typed); err == nil || !strings.Contains(err.Error(), "line 4: A: an integer's domain must hold integers") {
		t.Error(err)
	}
	for _, src := range []string{"package main", "package main\nfunc NewRecipe() Recipe { return base() }"} {
		if _, err := Parse(src); !errors.Is(err, ErrNoRecipe) {
			t.Errorf("%s: %v", src, err)
		}
	}
	if _, err := Parse("package main\nfunc {"); err == nil || !strings.Contains(err.Error(), "2:6") {
		t.Errorf("a syntax error names its place: %v", err)
	}
}

func TestValues(t *testing.T) {
	tests := []struct{ line, want string }{
		{`A: "b", // {a, b}`, "a b"},
		{`A: 1e-4, // [1e-4, 1e-3] log`, "0.0001 0.00013 0.00016 0.0002 0.00025 0.00032 0.0004 0.0005 0.00063 0.0008 0.001"},
		{`A: 2.0, // [1.5, 4.5] log`, "1.5 1.6 2 2.5 3.2 4 4.5"},
		{`A: 3, // [1, 20] log`, "1 2 3 4 5 6 8 10 13 16 20"},
		{`A: 0.5, // [0.3, 0.8]`, "0.3 0.32 0.34 0.36 0.38 0.4 0.42 0.44 0.46 0.48 0.5 0.52 0.54 0.56 0.58 0.6 0.62 0.64 0.66 0.68 0.7 0.72 0.74 0.76 0.78 0.8"},
		{`A: 3, // [2, 8]`, "2 3 4 5 6 7 8"},
		{`A: -1, // [-100, 100]`, "-100 -90 -80 -70 -60 -50 -40 -30 -20 -10 0 10 20 30 40 50 60 70 80 90 100"},
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			all, err := Parse(wrap(test.line))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(all[0].Values(), " "); got != test.want {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestTitle(t *testing.T) {
	for name, want := range map[string]string{
		"LearningRate": "learning rate", "LRWarmupSteps": "LR warmup steps", "ClipNorm": "clip norm", "Beta2": "beta2", "ReuseKV": "reuse KV",
	} {
		if got := (Knob{Name: name}).Title(); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
