package checkpoint

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/trainer/llama"
)

const tinyFolder = "../testdata/tiny"

// readTiny reads the random model that transformers wrote.
func readTiny(t *testing.T) Model {
	t.Helper()
	model, err := ReadModel(os.DirFS(tinyFolder))
	if err != nil {
		t.Fatal(err)
	}
	return model
}

// writeTensors writes a model folder of any tensors.
func writeTensors(t *testing.T, config llama.Config, arrays map[string]array) string {
	t.Helper()
	folder := t.TempDir()
	if err := writeFolder(folder, config, arrays); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestModelRoundTrip(t *testing.T) {
	want, folder := readTiny(t), t.TempDir()
	if err := WriteModel(folder, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadModel(os.DirFS(folder))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("model changed on disk (-want +got):\n%.1000s", diff)
	}
}

func TestReadModelRefuses(t *testing.T) {
	model := readTiny(t)
	if _, err := ReadExport(os.DirFS(tinyFolder), model.Config); err == nil || !strings.Contains(err.Error(), "not a ternary model") {
		t.Errorf("a full-precision model as an export: error %v", err)
	}
	const up = "model.layers.0.mlp.up_proj.weight"
	embedding := model.Weights[llama.Embedding]
	other := slices.Clone(embedding)
	other[len(other)-1]++
	for _, test := range []struct {
		name, want string
		tamper     func(arrays map[string]array)
	}{
		{"a flat tensor", "shape is [8192]", func(a map[string]array) { a[up] = float32Array(model.Weights[up], len(model.Weights[up])) }},
		{"a missing norm", "missing", func(a map[string]array) { delete(a, llama.FinalNorm) }},
		{"an extra bias", "unexpected tensor", func(a map[string]array) { a["model.layers.0.mlp.up_proj.bias"] = float32Array([]float32{1}, 1) }},
		{"a head of its own", "differs from the embedding", func(a map[string]array) { a[head] = float32Array(other, 61, 64) }},
		{"a head of another shape", "shape is [64 61]", func(a map[string]array) { a[head] = float32Array(embedding, 64, 61) }},
		{"integers", "floating-point", func(a map[string]array) { a[up] = codeArray(make([]int8, 128*64), 128, 64) }},
	} {
		arrays := readArrays(t, tinyFolder)
		test.tamper(arrays)
		folder := writeTensors(t, model.Config, arrays)
		if _, err := ReadModel(os.DirFS(folder)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
	}
	if _, err := ReadModel(os.DirFS(t.TempDir())); err == nil {
		t.Error("an empty folder was accepted")
	}
}

// Some writers store the tied embedding twice, or what follows from the config.
func TestReadModelAcceptsWhatChangesNothing(t *testing.T) {
	want := readTiny(t)
	arrays := readArrays(t, tinyFolder)
	arrays[head] = float32Array(want.Weights[llama.Embedding], 61, 64)
	arrays["model.layers.1.self_attn.rotary_emb.inv_freq"] = float32Array(make([]float32, 8), 8)
	got, err := ReadModel(os.DirFS(writeTensors(t, want.Config, arrays)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("model (-want +got):\n%.1000s", diff)
	}
}

// shards writes the tiny model as two files and their index.
func shards(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	config, err := os.ReadFile(filepath.Join(tinyFolder, configFile))
	if err != nil {
		t.Fatal(err)
	}
	var entries []string
	parts := []map[string]array{{}, {}}
	arrays := readArrays(t, tinyFolder)
	for i, name := range slices.Sorted(maps.Keys(arrays)) {
		parts[i%2][name] = arrays[name]
		entries = append(entries, fmt.Sprintf("%q: %q", name, shardName(i%2)))
	}
	for i, part := range parts {
		if err := writeSafetensors(filepath.Join(folder, shardName(i)), part); err != nil {
			t.Fatal(err)
		}
	}
	index := `{"metadata": {"total_size": 1}, "weight_map": {` + strings.Join(entries, ",") + `}}`
	write(t, filepath.Join(folder, indexFile), []byte(index))
	write(t, filepath.Join(folder, configFile), config)
	return folder
}

func shardName(i int) string { return fmt.Sprintf("model-%05d-of-00002.safetensors", i+1) }

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReadModelFromShards(t *testing.T) {
	folder := shards(t)
	got, err := ReadModel(os.DirFS(folder))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(readTiny(t), got); diff != "" {
		t.Errorf("model (-want +got):\n%.1000s", diff)
	}
	index, err := os.ReadFile(filepath.Join(folder, indexFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ old, replacement, want string }{
		{`"weight_map"`, `"weights"`, "weight_map is empty"},
		{`{`, ``, "parse model.safetensors.index.json"},
		{shardName(0), "../" + shardName(0), "of the same folder"},
		{`"model.norm.weight"`, `"model.norm.bias"`, "which isn't there according to"},
		{`"model.norm.weight": "` + shardName(1), `"model.norm.weight": "` + shardName(0), "which isn't there according to"},
		{`"weight_map": {`, `"weight_map": {"more": "` + shardName(0) + `",`, "lacks the tensor more"},
	} {
		changed := strings.Replace(string(index), test.old, test.replacement, 1)
		if changed == string(index) {
			t.Fatalf("the index has no %s", test.old)
		}
		write(t, filepath.Join(folder, indexFile), []byte(changed))
		if _, err := ReadModel(os.DirFS(folder)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("index with %s: error %v, want one with %q", test.replacement, err, test.want)
		}
	}
	write(t, filepath.Join(folder, indexFile), index)
	if err := os.Remove(filepath.Join(folder, shardName(1))); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadModel(os.DirFS(folder)); err == nil || !strings.Contains(err.Error(), "fetch the model's missing files") {
		t.Errorf("a missing shard: error %v", err)
	}
}

// Large models fill the memory, so reading and writing one must not need it
// twice.
func TestModelsAreReadAndWrittenPieceByPiece(t *testing.T) {
	model := Model{Config: tinyConfig(), Weights: map[string][]float32{}}
	model.Config.VocabSize = 50_000
	size := uint64(4 * model.Config.NumParameters())
	for _, tensor := range model.Config.Tensors() {
		model.Weights[tensor.Name] = make([]float32, tensor.Size())
	}
	folder := t.TempDir()
	if used := allocated(t, func() error { return WriteModel(folder, model) }); used > size/10 {
		t.Errorf("writing %d bytes allocated %d", size, used)
	}
	read := func() error {
		_, err := ReadModel(os.DirFS(folder))
		return err
	}
	if used := allocated(t, read); used > size+size/4 {
		t.Errorf("reading %d bytes allocated %d", size, used)
	}
}

// allocated is the number of bytes that work allocates, freed ones included.
func allocated(t *testing.T, work func() error) uint64 {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := work()
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	return after.TotalAlloc - before.TotalAlloc
}
