package pretrain

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/llama"
)

func TestTextsAndTokenizerAreThoseOfTheRepository(t *testing.T) {
	folder := t.TempDir()
	if _, err := writeTexts(Options{Out: folder, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"nano/train.txt", "unseen/eval.txt", "nano/tokenizer.json"} {
		name := filepath.Base(file)
		want, err := os.ReadFile(filepath.Join("..", "prepare", file))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs from the repository's", name)
		}
	}
}

func TestArchitectureIsThatOfTheRepository(t *testing.T) {
	config, err := checkpoint.ReadConfig(os.DirFS(filepath.Join("..", "prepare", "nano")))
	if err != nil {
		t.Fatal(err)
	}
	if config != architecture() {
		t.Errorf("the repository's nano is %+v, pretraining makes %+v", config, architecture())
	}
}

func TestPretrainingLearns(t *testing.T) {
	engine, err := backend.Open(backend.Go, 0)
	if err != nil {
		t.Fatal(err)
	}
	config := llama.Config{
		ModelType: "llama", HiddenSize: 32, IntermediateSize: 64, NumHiddenLayers: 1, NumAttentionHeads: 2,
		NumKeyValueHeads: 1, VocabSize: 16, MaxPositionEmbeddings: 32, RopeTheta: 1e4, RMSNormEps: 1e-5, TieWordEmbeddings: true,
	}
	training := fullPrecision{config: config, batch: 4, length: 8, steps: 60, peak: 3e-3}
	session, err := harness.NewSession(engine.Backend, randomModel(config, 1), training, harness.Auto)
	if err != nil {
		t.Fatal(err)
	}
	tokens := make([]int32, 4*9)
	for i := range tokens {
		tokens[i] = int32(i % 9 % 5) // the same count in every row
	}
	var first, last float64
	for step := 1; step <= 60; step++ {
		result, err := session.Step(step, tokens)
		if err != nil {
			t.Fatal(err)
		}
		if step == 1 {
			first = result.Loss
		}
		last = result.Loss
	}
	if last > first/4 {
		t.Errorf("the loss went from %.3f to %.3f in 60 steps on one batch, want a quarter or less", first, last)
	}
}
