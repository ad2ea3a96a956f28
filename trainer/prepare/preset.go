package prepare

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ternlab/ternlab/trainer/prepare/unseen"
)

// ErrUnknownPreset is returned for names that no preset has.
var ErrUnknownPreset = errors.New("is not known")

// embedded has a folder for each preset that is part of the program.
//
//go:embed nano
var embedded embed.FS

// Preset is a pretrained model with its tokenizer and texts.
type Preset struct {
	Spec
	Folder fs.FS // the model, and its texts unless they lie elsewhere
	Unseen fs.FS // texts that no training sees; nil: they lie in Folder

	data       string      // data folder; empty is none
	pretrained *Pretrained // replaces the model and its tokenizer; nil is none
	trainText  []string    // files that replace the training text
	evalText   string      // file that replaces the evaluation text
	evalLimit  int         // tokens of the evaluation text that are used; 0 is all
}

// DataFolder is where prepared presets lie unless a command says otherwise:
// TERNLAB_DATA, or data in the working directory.
func DataFolder() string { return cmp.Or(os.Getenv("TERNLAB_DATA"), "data") }

// Open finds a preset by name, in [DataFolder] if it isn't embedded.
func Open(name string) (Preset, error) { return OpenIn(name, DataFolder()) }

// OpenIn finds a preset by name. One that needs preparing is looked for in the
// data folder, but not read: what is missing there shows at first use.
func OpenIn(name, data string) (Preset, error) {
	spec, err := FindSpec(name)
	if err != nil {
		return Preset{}, err
	}
	if spec.IsFetched() {
		return Preset{Spec: spec, Folder: os.DirFS(filepath.Join(data, name)), data: data}, nil
	}
	folder, err := fs.Sub(embedded, name)
	if err != nil {
		return Preset{}, fmt.Errorf("open preset %s: %w", name, err)
	}
	return Preset{Spec: spec, Folder: folder, Unseen: unseen.Texts()}, nil
}

// TrainFiles are the files and folders that a training with the preset reads; those
// of an embedded one are in the program.
func (p Preset) TrainFiles() []string {
	if p.data == "" {
		return nil
	}
	return []string{filepath.Join(p.data, p.Name)}
}

// EvalFiles are those that an evaluation reads besides.
func (p Preset) EvalFiles() []string {
	if p.data == "" {
		return nil
	}
	return []string{filepath.Join(p.data, p.EvalFile)}
}

// WithTrainText is the preset with other training text: files of UTF-8 text,
// one document each. Without files it is the preset itself.
func (p Preset) WithTrainText(files ...string) Preset {
	p.trainText = files
	return p
}

// WithEvalText is the preset with another evaluation text, a file of UTF-8
// text. An empty name gives the preset itself.
func (p Preset) WithEvalText(file string) Preset {
	p.evalText = file
	return p
}

// WithEvalLimit is the preset with no more than the first tokens of its
// evaluation text. 0 takes all.
func (p Preset) WithEvalLimit(tokens int) Preset {
	p.evalLimit = tokens
	return p
}

// TrainTokens is the training text as token ids.
func (p Preset) TrainTokens() (Text, error) {
	tokenizer, err := p.Tokenizer()
	if err != nil {
		return nil, err
	}
	switch {
	case len(p.trainText) > 0:
		return readDocuments(tokenizer, p.trainText)
	case p.data != "":
		text, err := openTrainTokens(p.Folder, tokenizer)
		return text, p.explain(err)
	}
	tokens, err := p.tokenize(tokenizer, p.Folder, "train.txt")
	return IDs(tokens.IDs), err
}

// EvalTokens is the text that eval_ppl is measured on.
func (p Preset) EvalTokens() (Tokens, error) {
	tokens, err := p.allEvalTokens()
	if err != nil || p.evalLimit == 0 || p.evalLimit >= len(tokens.IDs) {
		return tokens, err
	}
	return Tokens{IDs: tokens.IDs[:p.evalLimit], Bytes: tokens.Bytes[:p.evalLimit]}, nil
}

func (p Preset) allEvalTokens() (Tokens, error) {
	tokenizer, err := p.Tokenizer()
	if err != nil {
		return Tokens{}, err
	}
	switch {
	case p.evalText != "":
		text, err := os.ReadFile(p.evalText)
		if err != nil {
			return Tokens{}, fmt.Errorf("read evaluation text: %w", err)
		}
		return tokenizer.Encode(string(text)), nil
	case p.data != "":
		tokens, err := p.preparedEvalTokens(tokenizer)
		return tokens, p.explain(err)
	}
	folder := p.Folder
	if p.Unseen != nil {
		folder = p.Unseen
	}
	return p.tokenize(tokenizer, folder, "eval.txt")
}

func (p Preset) preparedEvalTokens(tokenizer Tokenizer) (Tokens, error) {
	data, err := os.ReadFile(filepath.Join(p.data, p.EvalFile))
	if err != nil {
		return Tokens{}, fmt.Errorf("read evaluation text: %w", err)
	}
	text, err := ParseEvalText(data)
	if err != nil {
		return Tokens{}, err
	}
	if err := text.fits(tokenizer, p.Context); err != nil {
		return Tokens{}, err
	}
	return text.Tokens(), nil
}

func (p Preset) tokenize(tokenizer Tokenizer, folder fs.FS, file string) (Tokens, error) {
	text, err := fs.ReadFile(folder, file)
	if err != nil {
		return Tokens{}, p.explain(err)
	}
	return tokenizer.Encode(string(text)), nil
}

// explain adds to an error which preset it is about, and what to do.
func (p Preset) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case p.data == "":
		return fmt.Errorf("open preset %s: %w", p.Name, err)
	case p.pretrained != nil:
		return fmt.Errorf("use the texts of preset %s with another model: %w; they are stored as token ids, so name texts of your own (--train-text, --eval-text)", p.Name, err)
	}
	command := "trainer prepare --preset " + p.Name
	if p.data != DataFolder() {
		command += " --data " + p.data
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("preset %s isn't prepared in %s: %w; run `%s`", p.Name, p.data, err, command)
	}
	return fmt.Errorf("open preset %s in %s: %w; run `%s` to mend it", p.Name, p.data, err, command)
}
