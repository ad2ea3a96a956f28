package subject

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/evaluate"
	"github.com/ternlab/ternlab/trainer/prepare"
)

// Help texts of flags that several commands have.
const (
	ReferenceHelp  = "model folder or GGUF file that an export was trained from (the trainer's --model); empty is the preset's own"
	DataHelp       = "folder of prepared presets; TERNLAB_DATA sets it for all commands"
	EvalTokensHelp = "measure on no more than the first tokens of the evaluation text, in whole windows; 0 is all. Figures of different limits don't compare"
)

// ByHand is the folder where a training by hand leaves what it made.
const ByHand = "runs/by-hand"

// OpenPreset finds a preset in a data folder and puts the model that a flag
// names, if any, in the place of the preset's own.
func OpenPreset(name, data, flag, model string) (prepare.Preset, error) {
	preset, err := prepare.OpenIn(name, data)
	if err != nil {
		return prepare.Preset{}, program.Misuse(err)
	}
	if model == "" {
		return preset, nil
	}
	pretrained, err := prepare.OpenPretrained(model)
	if err != nil {
		return prepare.Preset{}, fmt.Errorf("open %s %s: %w", flag, model, err)
	}
	return preset.WithModel(pretrained), nil
}

// Options name a model that was trained, and the one it was trained from.
type Options struct {
	Model     string
	Reference string
	Preset    string
	Data      string
}

// AddFlags adds the flags for all but Model, whose default differs by command.
func (o *Options) AddFlags(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVar(&o.Reference, "reference", "", ReferenceHelp)
	flags.StringVar(&o.Preset, "preset", prepare.Nano, "the model that an export was trained from, and texts: "+prepare.Names(nil))
	flags.StringVar(&o.Data, "data", prepare.DataFolder(), DataHelp)
}

// Subject is a model that is ready to compute.
type Subject struct {
	Preset  prepare.Preset // with the tokenizer that goes with the model
	Network evaluate.Network
	Weights evaluate.Weights
	Kind    string             // what its linear layers are, for a person
	Export  *checkpoint.Export // nil for a model that isn't ternary
}

// Load reads the model; onlyExport refuses others before they are read.
func (o Options) Load(onlyExport bool) (Subject, error) {
	preset, err := OpenPreset(o.Preset, o.Data, "--reference", o.Reference)
	if err != nil {
		return Subject{}, err
	}
	if o.Model == "" {
		return loadFull(preset)
	}
	model, err := prepare.OpenPretrained(o.Model)
	if err != nil {
		return Subject{}, fmt.Errorf("open --model %s: %w", o.Model, err)
	}
	ternary, err := model.IsExport()
	switch {
	case err != nil:
		return Subject{}, fmt.Errorf("open --model %s: %w", o.Model, err)
	case ternary:
		return o.loadExport(preset, model)
	case onlyExport:
		return Subject{}, fmt.Errorf("refuse %s: it is a full-precision model, not an export of the trainer", o.Model)
	}
	if _, err := model.Tokenizer(); errors.Is(err, fs.ErrNotExist) {
		return o.loadBare(preset, model)
	}
	return loadFull(preset.WithModel(model))
}

// loadFull reads a preset's model.
func loadFull(preset prepare.Preset) (Subject, error) {
	model, err := preset.Model()
	if err != nil {
		return Subject{}, err
	}
	kind := "full precision, not ternary"
	if len(model.Quantized) > 0 {
		kind = "linear layers as the file has them, " + strings.Join(model.Quantized, ", ") + "; not an export"
	}
	return Subject{Preset: preset, Network: evaluate.ModelNetwork(model), Weights: evaluate.ModelWeights(model), Kind: kind}, nil
}

// loadBare reads a model without a tokenizer, which must be one that the
// preset's tokenizer goes with.
func (o Options) loadBare(preset prepare.Preset, model prepare.Pretrained) (Subject, error) {
	if err := o.sameArchitecture(preset, model); err != nil {
		return Subject{}, fmt.Errorf("open --model %s: it has no tokenizer.json, and %w", o.Model, err)
	}
	full, err := loadFull(preset.WithModel(model))
	full.Preset = preset
	return full, err
}

// loadExport reads a ternary model of the preset's architecture.
func (o Options) loadExport(preset prepare.Preset, model prepare.Pretrained) (Subject, error) {
	export, err := o.readExport(preset, model)
	if err != nil {
		return Subject{}, err
	}
	return Subject{preset, evaluate.ExportNetwork(export), evaluate.ExportWeights(export), "ternary", &export}, nil
}

func (o Options) readExport(preset prepare.Preset, model prepare.Pretrained) (checkpoint.Export, error) {
	if err := o.sameArchitecture(preset, model); err != nil {
		return checkpoint.Export{}, fmt.Errorf("refuse %s: %w", o.Model, err)
	}
	config, err := preset.Config()
	if err != nil {
		return checkpoint.Export{}, err
	}
	export, err := model.Export(config)
	if err != nil {
		return checkpoint.Export{}, fmt.Errorf("refuse %s: %w", o.Model, err)
	}
	return export, nil
}

// sameArchitecture refuses a model that isn't of the preset's architecture.
func (o Options) sameArchitecture(preset prepare.Preset, model prepare.Pretrained) error {
	want, err := preset.Config()
	if err != nil {
		return err
	}
	got, err := model.Config()
	switch {
	case err != nil:
		return err
	case got == want:
		return nil
	case o.Reference != "":
		return fmt.Errorf("its config.json describes another model than --reference %s", o.Reference)
	}
	return fmt.Errorf("its config.json describes another model than preset %s; if it was trained from a model of yours, name that with --reference", o.Preset)
}

// OpenExport reads the ternary model and refuses others.
func (o Options) OpenExport(preset prepare.Preset) (checkpoint.Export, error) {
	model, err := prepare.OpenPretrained(o.Model)
	if err != nil {
		return checkpoint.Export{}, fmt.Errorf("open --model %s: %w; train one first, or name the export/ folder of a run", o.Model, err)
	}
	ternary, err := model.IsExport()
	if err != nil {
		return checkpoint.Export{}, fmt.Errorf("open --model %s: %w", o.Model, err)
	}
	if !ternary {
		return checkpoint.Export{}, fmt.Errorf("open --model %s: it isn't the export of a training (a folder export/ with ternary weights)", o.Model)
	}
	return o.readExport(preset, model)
}
