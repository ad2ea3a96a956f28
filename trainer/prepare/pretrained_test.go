package prepare_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/prepare"
)

const ggufFile = "../checkpoint/testdata/tiny.gguf"

func openPretrained(t *testing.T, path string) prepare.Pretrained {
	t.Helper()
	model, err := prepare.OpenPretrained(path)
	if err != nil {
		t.Fatal(err)
	}
	return model
}

// copyFile puts a copy of a file into a folder.
func copyFile(t *testing.T, file, folder string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, filepath.Base(file)), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A GGUF file holds the tokenizer, too; its ids are those that Hugging Face's
// tokenizers library gives.
func TestTokenizerOfAGGUFFile(t *testing.T) {
	tokenizer, err := openPretrained(t, ggufFile).Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	expected, err := os.ReadFile("../tokenizer/testdata/smollm-form.ids.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Text string
		IDs  []int32
	}
	if err := json.Unmarshal(expected, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 10 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, test := range cases {
		ids := append([]int32{}, tokenizer.Encode(test.Text).IDs...)
		if diff := cmp.Diff(test.IDs, ids); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.Text, diff)
		}
	}
}

func TestPresetWithModel(t *testing.T) {
	preset := nano(t).WithModel(openPretrained(t, ggufFile))
	model, err := preset.Model()
	if err != nil {
		t.Fatal(err)
	}
	config, err := preset.Config()
	if err != nil {
		t.Fatal(err)
	}
	if model.Config.VocabSize != 340 || config != model.Config {
		t.Errorf("the model is %+v, its architecture %+v, want those of the GGUF file", model.Config, config)
	}
	text, err := fs.ReadFile(nano(t).Unseen, "eval.txt")
	if err != nil {
		t.Fatal(err)
	}
	tokenizer, err := preset.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := preset.EvalTokens()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tokenizer.Encode(string(text)), tokens); diff != "" {
		t.Errorf("nano's text by the GGUF file's tokenizer (-want +got):\n%.500s", diff)
	}
}

func TestPretrainedRefuses(t *testing.T) {
	if _, err := prepare.OpenPretrained("nowhere"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: error %v", err)
	}
	folder := t.TempDir()
	copyFile(t, "../testdata/tiny/config.json", folder)
	copyFile(t, "../testdata/tiny/model.safetensors", folder)
	model := openPretrained(t, folder)
	if _, err := model.Tokenizer(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no tokenizer.json: error %v", err)
	}
	copyFile(t, "../tokenizer/testdata/smollm-form.tokenizer.json", folder)
	if err := os.Rename(filepath.Join(folder, "smollm-form.tokenizer.json"), filepath.Join(folder, "tokenizer.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := model.Tokenizer(); err == nil || !strings.Contains(err.Error(), "340 tokens, the model's vocabulary only 61") {
		t.Errorf("a larger tokenizer: error %v", err)
	}
	if _, err := nano(t).WithModel(model).TrainTokens(); err == nil || !strings.Contains(err.Error(), "open model "+folder) {
		t.Errorf("a preset with such a model: error %v", err)
	}
	if _, err := openPretrained(t, "doc.go").Model(); err == nil || !strings.Contains(err.Error(), "read GGUF file doc.go") {
		t.Errorf("a file of another format: error %v", err)
	}
}

func TestExportsAreNotPretrained(t *testing.T) {
	config, err := openPretrained(t, ggufFile).Config()
	if err != nil {
		t.Fatal(err)
	}
	export := checkpoint.Export{Config: config, Activations: checkpoint.Activations{Bits: 16}, Layers: map[string]checkpoint.Ternary{}, Dense: map[string][]float32{}}
	for _, tensor := range config.Tensors() {
		if tensor.Linear {
			out, in := tensor.Shape[0], tensor.Shape[1]
			export.Layers[tensor.Name] = checkpoint.Ternary{Out: out, In: in, Codes: make([]int8, out*in), Scales: make([]float32, out)}
			continue
		}
		export.Dense[tensor.Name] = make([]float32, tensor.Size())
	}
	folder := t.TempDir()
	if err := checkpoint.WriteExport(folder, export); err != nil {
		t.Fatal(err)
	}
	model := openPretrained(t, folder)
	if ternary, err := model.IsExport(); err != nil || !ternary {
		t.Errorf("IsExport gives %v, %v", ternary, err)
	}
	if _, err := model.Export(config); err != nil {
		t.Error(err)
	}
	if _, err := model.Model(); err == nil || !strings.Contains(err.Error(), "ternary already") {
		t.Errorf("training from an export: error %v", err)
	}
	if _, err := openPretrained(t, ggufFile).Export(config); err == nil {
		t.Error("a GGUF file was read as an export")
	}
}
