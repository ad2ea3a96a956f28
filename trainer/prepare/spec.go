package prepare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ternlab/ternlab/trainer/contract"
)

// Spec is what a preset is made of: a row of the table of [Specs], which is all that
// a new preset needs.
type Spec struct {
	Name    string
	Context int // tokens of a window that eval_ppl is measured over

	// Embedded: model and texts are in the program, and there is nothing to prepare.
	Embedded bool
	// MakesTexts: package corpus generates further texts in the manner of its own.
	MakesTexts bool

	// The rest is of presets that `trainer prepare` fetches.

	Model    Repository // config.json, model.safetensors and tokenizer.json
	Train    Repository // parquet files with a column of stories, one document each
	Eval     Repository // parquet files with the rows of the text of the GPTQ protocol
	EvalFile string     // the evaluation text, in the data folder; not in the preset's own, which trainings read
	About    string     // what is fetched, and how much of it, for people
}

// Repository is where files on the hub come from.
type Repository struct {
	ID    string   // owner/name
	Files []string // patterns, as path.Match has them; each fits a file or more
}

// Names of presets. The table has all of them.
const (
	Nano   = contract.DefaultPreset // the one when none is named
	SmolLM = "smollm-135m"          // the smallest that is worth fetching
)

// Specs is the table of presets. The first is the one when none is named.
func Specs() []Spec {
	return []Spec{
		{Name: Nano, Context: 128, Embedded: true, MakesTexts: true},
		{
			Name: SmolLM, Context: 2048,
			Model:    Repository{"HuggingFaceTB/SmolLM-135M", modelFiles()},
			Train:    Repository{"roneneldan/TinyStories", []string{"data/train-*.parquet"}},
			Eval:     Repository{"Salesforce/wikitext", []string{"wikitext-2-raw-v1/test-*.parquet"}},
			EvalFile: "wikitext_eval.json",
			About: "SmolLM-135M, TinyStories to train on and WikiText-2's raw test text to evaluate on.\n" +
				"About 790 MB are fetched; some 830 MB are needed on disk, 580 MB of them for good.",
		},
	}
}

func modelFiles() []string { return []string{"config.json", "model.safetensors", "tokenizer.json"} }

// FindSpec finds a preset's row by its name.
func FindSpec(name string) (Spec, error) {
	for _, spec := range Specs() {
		if spec.Name == name {
			return spec, nil
		}
	}
	return Spec{}, fmt.Errorf("preset %q %w; use %s", name, ErrUnknownPreset, Names(nil))
}

// Names lists presets for people, "a, b or c": those that a test takes, or all.
func Names(takes func(Spec) bool) string {
	var names []string
	for _, spec := range Specs() {
		if takes == nil || takes(spec) {
			names = append(names, spec.Name)
		}
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(slices.Clone(names[:last]), ", ") + " or " + names[last]
}

// IsFetched says whether `trainer prepare` makes the preset.
func (s Spec) IsFetched() bool { return !s.Embedded }
