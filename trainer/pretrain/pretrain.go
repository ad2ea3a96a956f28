package pretrain

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/gomlx/compute"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/llama"
	"github.com/ternlab/ternlab/trainer/prepare"
	"github.com/ternlab/ternlab/trainer/prepare/corpus"
	"github.com/ternlab/ternlab/trainer/tokenizer"
)

// Options of making the preset.
type Options struct {
	Out     string // folder to write
	Steps   int    // training steps
	Batch   int    // sequences per step
	Seed    uint64
	Backend compute.Backend
	// Report is called after each step with the loss in nats per token.
	Report func(step int, loss float64)
}

// Sizes of the texts, in bytes.
const (
	pretrainBytes = 6 << 20 // of each style
	trainBytes    = 600 << 10
)

// Length of a training sequence in tokens.
const length = 256

// architecture is SmolLM's, made small.
func architecture() llama.Config {
	return llama.Config{
		ModelType: "llama", HiddenSize: 128, IntermediateSize: 384, NumHiddenLayers: 2,
		NumAttentionHeads: 4, NumKeyValueHeads: 2, VocabSize: 512, MaxPositionEmbeddings: 512,
		RopeTheta: 10000, RMSNormEps: 1e-5, TieWordEmbeddings: true,
	}
}

// Make writes a whole preset folder.
func Make(ctx context.Context, options Options) error {
	if err := os.MkdirAll(options.Out, 0o755); err != nil {
		return fmt.Errorf("make preset folder: %w", err)
	}
	text, err := writeTexts(options)
	if err != nil {
		return err
	}
	encoder, err := prepare.ReadTokenizer(os.DirFS(options.Out))
	if err != nil {
		return err
	}
	trained, err := trainModel(ctx, options, encoder.Encode(text).IDs)
	if err != nil {
		return err
	}
	return checkpoint.WriteModel(options.Out, trained)
}

// writeTexts writes the tokenizer and the preset's texts, and returns the text
// to pretrain on. Every text has a generator seed of its own, so none of them
// is part of another.
func writeTexts(options Options) (pretraining string, err error) {
	seed := options.Seed * 16
	pretraining = corpus.Stories(seed+1, pretrainBytes) + corpus.Prose(seed+2, pretrainBytes)
	encoder, err := tokenizer.Train(pretraining, architecture().VocabSize)
	if err != nil {
		return "", err
	}
	tokenizerJSON, err := encoder.JSON()
	if err != nil {
		return "", err
	}
	for name, content := range map[string]string{
		"tokenizer.json": string(tokenizerJSON),
		"train.txt":      corpus.Stories(seed+3, trainBytes),
		"eval.txt":       corpus.Prose(seed+4, corpus.EvalBytes),
	} {
		if err := os.WriteFile(filepath.Join(options.Out, name), []byte(content), 0o644); err != nil {
			return "", fmt.Errorf("write preset: %w", err)
		}
	}
	return pretraining, nil
}

func trainModel(ctx context.Context, options Options, tokens []int32) (checkpoint.Model, error) {
	config := architecture()
	training := fullPrecision{config: config, batch: options.Batch, length: length, steps: options.Steps, peak: 3e-3}
	session, err := harness.NewSession(options.Backend, randomModel(config, options.Seed), training, harness.Auto)
	if err != nil {
		return checkpoint.Model{}, err
	}
	batches, err := prepare.NewBatches(prepare.IDs(tokens), options.Batch, length, options.Seed)
	if err != nil {
		return checkpoint.Model{}, err
	}
	for step := 1; step <= options.Steps; step++ {
		if err := ctx.Err(); err != nil {
			return checkpoint.Model{}, fmt.Errorf("stopped before step %d: %w", step, err)
		}
		result, err := session.Step(step, batches.Next())
		if err != nil {
			return checkpoint.Model{}, err
		}
		options.Report(step, result.Loss)
	}
	return session.Model()
}

// randomModel draws weights as GPT-2 does: normal with deviation 0.02, smaller
// for the layers that write into the residual stream; norms start at 1.
func randomModel(config llama.Config, seed uint64) checkpoint.Model {
	random := rand.New(rand.NewPCG(seed, 0x6e616e6f))
	model := checkpoint.Model{Config: config, Weights: map[string][]float32{}}
	residual := 1 / math.Sqrt(2*float64(config.NumHiddenLayers))
	for _, tensor := range config.Tensors() {
		deviation := 0.02
		if strings.Contains(tensor.Name, ".o_proj.") || strings.Contains(tensor.Name, ".down_proj.") {
			deviation *= residual
		}
		values := make([]float32, tensor.Size())
		for i := range values {
			values[i] = 1
			if len(tensor.Shape) == 2 {
				values[i] = float32(random.NormFloat64() * deviation)
			}
		}
		model.Weights[tensor.Name] = values
	}
	return model
}
