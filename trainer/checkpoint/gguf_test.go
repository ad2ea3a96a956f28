package checkpoint

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/go-huggingface/models/gguf"
	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/trainer/llama"
	"github.com/ternlab/ternlab/trainer/tokenizer"
)

// The values are those that the gguf Python package gives; see
// testdata/gguf_fixtures.py.
func TestEveryTypeIsDequantized(t *testing.T) {
	expected, err := os.Open("testdata/types.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = expected.Close() }()
	info, err := expected.Stat()
	if err != nil {
		t.Fatal(err)
	}
	golden, err := parseSafetensors(expected, info.Size(), 100)
	if err != nil {
		t.Fatal(err)
	}
	g, err := openGGUF("testdata/types.gguf")
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	if len(golden) != 13 || len(g.TensorInfos) != 13 {
		t.Fatalf("%d types, %d expected values, want 13 of each", len(g.TensorInfos), len(golden))
	}
	for _, tensor := range g.TensorInfos {
		want, err := golden[tensor.Name].float32s()
		if err != nil {
			t.Fatal(err)
		}
		got, err := g.floats(tensor)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(golden[tensor.Name].shape, shape(tensor)); diff != "" {
			t.Errorf("shape of %s (-want +got):\n%s", tensor.Name, diff)
		}
		for i := range want {
			// The compiler may fuse a product and a sum, which rounds once less.
			if math.Abs(float64(got[i]-want[i])) > 1e-6*math.Abs(float64(want[i]))+1e-9 {
				t.Errorf("%s: value %d is %v, want %v", tensor.Name, i, got[i], want[i])
				break
			}
		}
	}
}

func TestReadGGUFConfig(t *testing.T) {
	got, err := ReadGGUFConfig("testdata/tiny.gguf")
	if err != nil {
		t.Fatal(err)
	}
	want := llama.Config{
		ModelType: "llama", HiddenSize: 64, IntermediateSize: 128, NumHiddenLayers: 2, NumAttentionHeads: 4,
		NumKeyValueHeads: 2, VocabSize: 340, MaxPositionEmbeddings: 512, RopeTheta: 20000, RMSNormEps: 1e-5, TieWordEmbeddings: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
}

func TestUnpermute(t *testing.T) {
	// Two heads of two pairs, one value a row; a pair's rows are neighbours.
	values := []float32{0, 10, 1, 11, 20, 30, 21, 31}
	unpermute(values, 2, 1)
	if diff := cmp.Diff([]float32{0, 1, 10, 11, 20, 21, 30, 31}, values); diff != "" {
		t.Error(diff)
	}
}

// tinyGGUF is the fixture's bytes.
func tinyGGUF(tb testing.TB) []byte {
	tb.Helper()
	file, err := os.ReadFile("testdata/tiny.gguf")
	if err != nil {
		tb.Fatal(err)
	}
	return file
}

// readBytes reads a model and its tokenizer from a file of these bytes.
func readBytes(tb testing.TB, file []byte) (Model, error) {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "x.gguf")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		tb.Fatal(err)
	}
	return readAll(path)
}

func readAll(path string) (Model, error) {
	model, err := ReadGGUF(path)
	if err != nil {
		return Model{}, err
	}
	vocabulary, err := ReadGGUFVocabulary(path)
	if err != nil {
		return Model{}, err
	}
	_, err = tokenizer.New(vocabulary)
	return model, err
}

// record finds a tensor's entry in the header: its name's length to its offset.
func record(t *testing.T, file []byte, name string, dimensions int) (begin, end int) {
	t.Helper()
	begin = bytes.Index(file, []byte(name)) - 8
	if begin < 0 {
		t.Fatalf("the file has no tensor %s", name)
	}
	return begin, begin + 8 + len(name) + 4 + 8*dimensions + 4 + 8
}

// A header may list tensors in another order than they lie in.
func TestTensorsInAnyOrder(t *testing.T) {
	file := tinyGGUF(t)
	want, err := readBytes(t, file)
	if err != nil {
		t.Fatal(err)
	}
	first, firstEnd := record(t, file, "blk.0.attn_q.weight", 2)
	second, secondEnd := record(t, file, "blk.1.attn_q.weight", 2)
	swapped := bytes.Clone(file)
	copy(swapped[first:firstEnd], file[second:secondEnd])
	copy(swapped[second:secondEnd], file[first:firstEnd])
	got, err := readBytes(t, swapped)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("model (-want +got):\n%.1000s", diff)
	}
}

// addTensor adds a description to the header, of values that lie in the file.
func addTensor(t *testing.T, file []byte, info gguf.TensorInfo) []byte {
	t.Helper()
	g, err := openGGUF("testdata/tiny.gguf")
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	_, end := record(t, file, "output_norm.weight", 1) // the last one
	changed := bytes.Clone(file[:end])
	changed[8]++ // the number of tensors
	changed = binary.LittleEndian.AppendUint64(changed, uint64(len(info.Name)))
	changed = append(changed, info.Name...)
	changed = binary.LittleEndian.AppendUint32(changed, uint32(len(info.Shape)))
	for _, dim := range info.Shape {
		changed = binary.LittleEndian.AppendUint64(changed, dim)
	}
	changed = binary.LittleEndian.AppendUint32(changed, uint32(info.Type))
	changed = binary.LittleEndian.AppendUint64(changed, info.Offset)
	changed = append(changed, make([]byte, (32-len(changed)%32)%32)...)
	return append(changed, file[g.DataOffset():]...)
}

// Output heads are supported where they are the embedding again.
func TestGGUFOutputHead(t *testing.T) {
	g, err := openGGUF("testdata/tiny.gguf")
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	output, _ := g.GetTensorInfo(ggufEmbedding)
	output.Name = ggufOutput
	if _, err := readBytes(t, addTensor(t, tinyGGUF(t), output)); err != nil {
		t.Errorf("the embedding as the head: %v", err)
	}
	output.Offset += 34 // a block further on
	if _, err := readBytes(t, addTensor(t, tinyGGUF(t), output)); err == nil || !strings.Contains(err.Error(), "differs from the embedding") {
		t.Errorf("another head: error %v", err)
	}
}

func TestReadGGUFRefuses(t *testing.T) {
	uint32At := func(value uint32) string { return string(binary.LittleEndian.AppendUint32(nil, value)) }
	length := func(value uint64) string { return string(binary.LittleEndian.AppendUint64(nil, value)) }
	dim, square := length, length(64)+length(64) // the first in the header is blk.0.attn_q
	key := func(name string, value uint32) string { return name + uint32At(4) + uint32At(value) }
	for _, test := range []struct{ name, old, replacement, want string }{
		{"another format", "GGUF", "GGML", `begins with "GGML"`},
		{"a new version", "GGUF\x03", "GGUF\x04", "version is 4"},
		{"big-endian", "GGUF\x03\x00\x00\x00", "GGUF\x00\x00\x00\x03", "big-endian"},
		{"another architecture", "general.architecture" + uint32At(8) + length(5) + "llama", "general.architecture" + uint32At(8) + length(5) + "qwen2", `"qwen2"`},
		{"no layers", "llama.block_count", "llama.block_kount", "llama.block_count is missing"},
		{"too many layers", key("llama.block_count", 2), key("llama.block_count", 1<<30), "only 20 tensors"},
		{"more layers", key("llama.block_count", 2), key("llama.block_count", 3), "blk.2.attn_norm.weight is missing"},
		{"fewer layers", key("llama.block_count", 2), key("llama.block_count", 1), "unexpected tensor blk.1."},
		{"layers in words", key("llama.block_count", 2), "llama.block_count" + uint32At(6) + uint32At(2), "want an integer"},
		{"many layers", key("llama.block_count", 2), key("llama.block_count", 1<<31), "want an integer"},
		{"a width of 0", key("llama.embedding_length", 64), key("llama.embedding_length", 0), "hidden_size is 0"},
		{"another width", key("llama.embedding_length", 64), key("llama.embedding_length", 32), "dimension_count is 16, want the heads' width, 8"},
		{"an epsilon of NaN", "layer_norm_rms_epsilon\x06\x00\x00\x00\xac\xc5\x27\x37", "layer_norm_rms_epsilon\x06\x00\x00\x00\x00\x00\xc0\x7f", "NaN, want a finite number"},
		{"no embedding", "token_embd.weight", "token_embe.weight", "token_embd.weight [vocabulary, hidden] is missing"},
		{"another tensor", "blk.0.attn_q.weight", "blk.0.attn_z.weight", "unexpected tensor blk.0.attn_z.weight"},
		{"a tensor twice", "blk.0.attn_q.weight", "blk.1.attn_q.weight", "blk.1.attn_q.weight is there twice"},
		{"rope scaling", length(22) + "blk.0.attn_norm.weight", length(17) + "rope_freqs.weight", "only plain rotary"},
		{"another shape", square, dim(64) + dim(63), "shape is [63 64], want [64 64]"},
		{"rows of half a block", square, dim(48) + dim(64), "no whole blocks"},
		{"no values", square, dim(0) + dim(64), "not possible"},
		{"too many values", square, dim(1<<31-32) + dim(1<<31-1), "beyond the file's"},
		{"another type", square + uint32At(2), square + uint32At(16), "type IQ2_XXS isn't supported"},
		{"another tokenizer", length(6) + "smollm", length(6) + "llama3", `tokenizer.ggml.pre is "llama3"`},
		{"a SentencePiece tokenizer", length(4) + "gpt2", length(4) + "bert", `"bert", want "gpt2"`},
		{"no tokens", "tokenizer.ggml.tokens", "tokenizer.ggml.tokenz", "types for 0 tokens"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := tinyGGUF(t)
			changed := bytes.Replace(file, []byte(test.old), []byte(test.replacement), 1)
			if bytes.Equal(changed, file) {
				t.Fatalf("the file has no %q", test.old)
			}
			changed = append(changed, make([]byte, 32)...) // a shorter header moves the data
			if _, err := readBytes(t, changed); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestEveryTruncatedGGUFIsRefused(t *testing.T) {
	file := tinyGGUF(t)
	for length := 0; length < len(file); length += 1009 {
		if _, err := readBytes(t, file[:length]); err == nil {
			t.Fatalf("the first %d of %d bytes were accepted", length, len(file))
		}
	}
}

// Whatever the bytes, the answer is a model or an error.
func FuzzReadGGUF(f *testing.F) {
	file := tinyGGUF(f)
	f.Add(file)
	f.Add(file[:2000])
	f.Add([]byte("GGUF\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	path := filepath.Join(f.TempDir(), "x.gguf")
	f.Fuzz(func(t *testing.T, file []byte) {
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		model, err := readAll(path)
		if err == nil && len(model.Weights) != len(model.Config.Tensors()) {
			t.Fatalf("%d tensors, want %d", len(model.Weights), len(model.Config.Tensors()))
		}
	})
}
