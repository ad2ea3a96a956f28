package prepare

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/llama"
	"github.com/ternlab/ternlab/trainer/tokenizer"
)

// Pretrained is a model with its tokenizer: a model folder in the hub's format,
// or a GGUF file. An export is a model folder, too, but has no tokenizer.
type Pretrained struct {
	path   string // as the user named it
	folder fs.FS  // nil for a GGUF file
}

// OpenPretrained finds the model that a path names; any file counts as GGUF. It
// isn't read yet.
func OpenPretrained(path string) (Pretrained, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Pretrained{}, err // names the path
	}
	if info.IsDir() {
		return Pretrained{path, os.DirFS(path)}, nil
	}
	return Pretrained{path: path}, nil
}

// IsExport says whether it is a ternary model that training wrote.
func (p Pretrained) IsExport() (bool, error) {
	if p.folder == nil {
		return false, nil
	}
	return checkpoint.IsExport(p.folder)
}

// Export reads a ternary model, which must be of exactly the given architecture.
func (p Pretrained) Export(architecture llama.Config) (checkpoint.Export, error) {
	if p.folder == nil {
		return checkpoint.Export{}, fmt.Errorf("read export: %s is a file, want a folder", p.path)
	}
	return checkpoint.ReadExport(p.folder, architecture)
}

// Bounds reads how large the values of a model that was trained from this one may
// be.
func (p Pretrained) Bounds() (checkpoint.Bounds, error) {
	if p.folder != nil {
		return checkpoint.ReadBounds(p.folder)
	}
	model, err := checkpoint.ReadGGUF(p.path)
	return checkpoint.ModelBounds(model), err
}

// Config reads the architecture.
func (p Pretrained) Config() (llama.Config, error) {
	if p.folder == nil {
		return checkpoint.ReadGGUFConfig(p.path)
	}
	return checkpoint.ReadConfig(p.folder)
}

// Model reads a full-precision model, or one that is quantized in a GGUF file.
func (p Pretrained) Model() (checkpoint.Model, error) {
	if p.folder == nil {
		return checkpoint.ReadGGUF(p.path)
	}
	ternary, err := checkpoint.IsExport(p.folder)
	if err != nil {
		return checkpoint.Model{}, err
	}
	if ternary {
		return checkpoint.Model{}, errors.New("read model: it is an export, ternary already; want the model it was trained from, or another full-precision one")
	}
	return checkpoint.ReadModel(p.folder)
}

// Tokenizer reads the tokenizer, whose tokens the model must all know. The
// error is fs.ErrNotExist for a folder that has none.
func (p Pretrained) Tokenizer() (Tokenizer, error) {
	tokenizer, err := p.readTokenizer()
	if err != nil {
		return Tokenizer{}, err
	}
	config, err := p.Config()
	if err != nil {
		return Tokenizer{}, err
	}
	if tokenizer.VocabSize() > config.VocabSize {
		return Tokenizer{}, fmt.Errorf("read tokenizer: it has %d tokens, the model's vocabulary only %d", tokenizer.VocabSize(), config.VocabSize)
	}
	return tokenizer, nil
}

func (p Pretrained) readTokenizer() (Tokenizer, error) {
	if p.folder != nil {
		return ReadTokenizer(p.folder)
	}
	vocabulary, err := checkpoint.ReadGGUFVocabulary(p.path)
	if err != nil {
		return Tokenizer{}, err
	}
	encoder, err := tokenizer.New(vocabulary)
	if err != nil {
		return Tokenizer{}, fmt.Errorf("read GGUF file %s: %w", p.path, err)
	}
	content, err := json.Marshal(vocabulary)
	if err != nil {
		return Tokenizer{}, fmt.Errorf("read GGUF file %s: %w", p.path, err)
	}
	return newTokenizer(encoder, content), nil
}

// WithModel is the preset with another model, its tokenizer included. The texts
// stay, as far as they are stored as text.
func (p Preset) WithModel(model Pretrained) Preset {
	p.pretrained = &model
	return p
}

// Config reads the architecture of the preset's model.
func (p Preset) Config() (llama.Config, error) {
	config, err := p.model().Config()
	return config, p.explainModel(err)
}

// Model reads the preset's pretrained model.
func (p Preset) Model() (checkpoint.Model, error) {
	model, err := p.model().Model()
	return model, p.explainModel(err)
}

// Bounds reads how large the values of an export may be that was trained from the
// preset's model.
func (p Preset) Bounds() (checkpoint.Bounds, error) {
	bounds, err := p.model().Bounds()
	return bounds, p.explainModel(err)
}

// Tokenizer reads the preset's tokenizer.
func (p Preset) Tokenizer() (Tokenizer, error) {
	tokenizer, err := p.model().Tokenizer()
	return tokenizer, p.explainModel(err)
}

// model is what replaces the preset's model, or else that model.
func (p Preset) model() Pretrained {
	if p.pretrained != nil {
		return *p.pretrained
	}
	return Pretrained{p.Name, p.Folder}
}

// explainModel adds to an error which model it is about.
func (p Preset) explainModel(err error) error {
	if err == nil || p.pretrained == nil {
		return p.explain(err)
	}
	return fmt.Errorf("open model %s: %w", p.pretrained.path, err)
}
