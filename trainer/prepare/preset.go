package prepare

import (
	"embed"
	"fmt"
	"io/fs"

	"github.com/ternlab/ternlab/trainer/checkpoint"
)

// Nano names the preset that is embedded in the program.
const Nano = "nano"

//go:embed nano
var nanoFiles embed.FS

// Preset is a pretrained model with its tokenizer and texts.
type Preset struct {
	Name    string
	Folder  fs.FS
	Context int // tokens of a window that eval_ppl is measured over
}

// Open finds a preset by name.
func Open(name string) (Preset, error) {
	switch name {
	case Nano:
		folder, err := fs.Sub(nanoFiles, "nano")
		if err != nil {
			return Preset{}, fmt.Errorf("open preset %s: %w", name, err)
		}
		return Preset{Name: Nano, Folder: folder, Context: 128}, nil
	case "smollm-135m":
		return Preset{}, fmt.Errorf("preset %s can't be fetched yet; use --preset nano", name)
	}
	return Preset{}, fmt.Errorf("preset %q is not known; use nano", name)
}

// Model reads the preset's pretrained model.
func (p Preset) Model() (checkpoint.Model, error) {
	model, err := checkpoint.ReadModel(p.Folder)
	if err != nil {
		return checkpoint.Model{}, fmt.Errorf("open preset %s: %w", p.Name, err)
	}
	return model, nil
}

// TrainTokens is the training text as token ids.
func (p Preset) TrainTokens() ([]int32, error) {
	tokens, err := p.tokens("train.txt")
	return tokens.IDs, err
}

// EvalTokens is the text that eval_ppl is measured on.
func (p Preset) EvalTokens() (Tokens, error) { return p.tokens("eval.txt") }

func (p Preset) tokens(file string) (Tokens, error) {
	tokenizer, err := ReadTokenizer(p.Folder)
	if err != nil {
		return Tokens{}, fmt.Errorf("open preset %s: %w", p.Name, err)
	}
	text, err := fs.ReadFile(p.Folder, file)
	if err != nil {
		return Tokens{}, fmt.Errorf("open preset %s: %w", p.Name, err)
	}
	return tokenizer.Encode(string(text)), nil
}
