package command

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/evaluate"
	"github.com/ternlab/ternlab/trainer/prepare"
)

// openPreset finds a preset in a data folder and puts the model that a flag
// names, if any, in the place of the preset's own.
func openPreset(name, data, flag, model string) (prepare.Preset, error) {
	preset, err := prepare.OpenIn(name, data)
	if err != nil {
		return prepare.Preset{}, usageError{err}
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

// modelOptions name a model that was trained, and the one it was trained from.
type modelOptions struct {
	model     string
	reference string
	preset    string
	data      string
}

func (o *modelOptions) addFlags(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVar(&o.reference, "reference", "", "model folder or GGUF file that an export was trained from (the trainer's --model); empty is the preset's own")
	flags.StringVar(&o.preset, "preset", prepare.Nano, "the model that an export was trained from, and texts: nano or smollm-135m")
	flags.StringVar(&o.data, "data", prepare.DataFolder(), dataHelp)
}

// subject is a model that is ready to compute.
type subject struct {
	preset  prepare.Preset // with the tokenizer that goes with the model
	network evaluate.Network
	weights evaluate.Weights
	kind    string             // what its linear layers are, for a person
	export  *checkpoint.Export // nil for a model that isn't ternary
}

// load reads the model; onlyExport refuses others before they are read.
func (o modelOptions) load(onlyExport bool) (subject, error) {
	preset, err := openPreset(o.preset, o.data, "--reference", o.reference)
	if err != nil {
		return subject{}, err
	}
	if o.model == "" {
		return loadFull(preset)
	}
	model, err := prepare.OpenPretrained(o.model)
	if err != nil {
		return subject{}, fmt.Errorf("open --model %s: %w", o.model, err)
	}
	ternary, err := model.IsExport()
	switch {
	case err != nil:
		return subject{}, fmt.Errorf("open --model %s: %w", o.model, err)
	case ternary:
		return o.loadExport(preset, model)
	case onlyExport:
		return subject{}, fmt.Errorf("refuse %s: it is a full-precision model, not an export of the trainer", o.model)
	}
	if _, err := model.Tokenizer(); errors.Is(err, fs.ErrNotExist) {
		return o.loadBare(preset, model)
	}
	return loadFull(preset.WithModel(model))
}

// loadFull reads a preset's model.
func loadFull(preset prepare.Preset) (subject, error) {
	model, err := preset.Model()
	if err != nil {
		return subject{}, err
	}
	kind := "full precision, not ternary"
	if len(model.Quantized) > 0 {
		kind = "linear layers as the file has them, " + strings.Join(model.Quantized, ", ") + "; not an export"
	}
	return subject{preset: preset, network: evaluate.ModelNetwork(model), weights: evaluate.ModelWeights(model), kind: kind}, nil
}

// loadBare reads a model without a tokenizer, which must be one that the
// preset's tokenizer goes with.
func (o modelOptions) loadBare(preset prepare.Preset, model prepare.Pretrained) (subject, error) {
	if err := o.sameArchitecture(preset, model); err != nil {
		return subject{}, fmt.Errorf("open --model %s: it has no tokenizer.json, and %w", o.model, err)
	}
	full, err := loadFull(preset.WithModel(model))
	full.preset = preset
	return full, err
}

// loadExport reads a ternary model of the preset's architecture.
func (o modelOptions) loadExport(preset prepare.Preset, model prepare.Pretrained) (subject, error) {
	export, err := o.readExport(preset, model)
	if err != nil {
		return subject{}, err
	}
	return subject{preset, evaluate.ExportNetwork(export), evaluate.ExportWeights(export), "ternary", &export}, nil
}

func (o modelOptions) readExport(preset prepare.Preset, model prepare.Pretrained) (checkpoint.Export, error) {
	if err := o.sameArchitecture(preset, model); err != nil {
		return checkpoint.Export{}, fmt.Errorf("refuse %s: %w", o.model, err)
	}
	config, err := preset.Config()
	if err != nil {
		return checkpoint.Export{}, err
	}
	export, err := model.Export(config)
	if err != nil {
		return checkpoint.Export{}, fmt.Errorf("refuse %s: %w", o.model, err)
	}
	return export, nil
}

// sameArchitecture refuses a model that isn't of the preset's architecture.
func (o modelOptions) sameArchitecture(preset prepare.Preset, model prepare.Pretrained) error {
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
	case o.reference != "":
		return fmt.Errorf("its config.json describes another model than --reference %s", o.reference)
	}
	return fmt.Errorf("its config.json describes another model than preset %s; if it was trained from a model of yours, name that with --reference", o.preset)
}
