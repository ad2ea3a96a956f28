package checkpoint

import (
	"encoding/binary"
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/trainer/llama"
)

func tinyConfig() llama.Config {
	return llama.Config{
		ModelType: "llama", HiddenSize: 64, IntermediateSize: 128, NumHiddenLayers: 1,
		NumAttentionHeads: 4, NumKeyValueHeads: 2, VocabSize: 11, MaxPositionEmbeddings: 32,
		RopeTheta: 10000, RMSNormEps: 1e-5, TieWordEmbeddings: true,
	}
}

func tinyExport() Export {
	export := Export{Config: tinyConfig(), ActivationBits: 8, Layers: map[string]Ternary{}, Dense: map[string][]float32{}}
	for _, tensor := range export.Config.Tensors() {
		if !tensor.Linear {
			export.Dense[tensor.Name] = make([]float32, tensor.Size())
			continue
		}
		layer := Ternary{Out: tensor.Shape[0], In: tensor.Shape[1], Codes: make([]int8, tensor.Size())}
		for i := range layer.Codes {
			layer.Codes[i] = int8(i%3) - 1
		}
		for range tensor.Size() / 64 {
			layer.Scales = append(layer.Scales, 0.25)
		}
		layer.Bias = make([]float32, layer.Out)
		export.Layers[tensor.Name] = layer
	}
	return export
}

func TestExportRoundTrip(t *testing.T) {
	folder, want := t.TempDir(), tinyExport()
	if err := WriteExport(folder, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadExport(os.DirFS(folder), tinyConfig())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("export changed on disk (-want +got):\n%s", diff)
	}
	if ternary, err := IsExport(os.DirFS(folder)); err != nil || !ternary {
		t.Errorf("IsExport gives %v, %v", ternary, err)
	}
}

func TestDequantize(t *testing.T) {
	layer := Ternary{Out: 1, In: 4, Codes: []int8{1, -1, 0, 1}, Scales: []float32{0.5, 2}}
	if diff := cmp.Diff([]float32{0.5, -0.5, 0, 2}, layer.Dequantize()); diff != "" {
		t.Error(diff)
	}
}

func TestReadExportRefuses(t *testing.T) {
	const up = "model.layers.0.mlp.up_proj"
	nan := math.Float32bits(float32(math.NaN()))
	for _, test := range []struct {
		name, want string
		tamper     func(arrays map[string]array)
	}{
		{"a code of 2", "want -1, 0 or +1", func(a map[string]array) { a[up+".codes"].data[7] = 2 }},
		{"a code of -128", "want -1, 0 or +1", func(a map[string]array) { a[up+".codes"].data[7] = 0x80 }},
		{"full-precision codes", "want I8", func(a map[string]array) {
			a[up+".codes"] = float32Array(make([]float32, 128*64), 128, 64)
		}},
		{"a wrong shape", "shape is", func(a map[string]array) { a[up+".codes"] = codeArray(make([]int8, 128*64), 64, 128) }},
		{"a scale per weight", "group size is 1,", func(a map[string]array) {
			a[up+".scales"] = float16Array(make([]float32, 128*64), 128, 64)
		}},
		{"groups that don't divide", "not [out, groups]", func(a map[string]array) {
			a[up+".scales"] = float16Array(make([]float32, 128*7), 128, 7)
		}},
		{"missing scales", "missing", func(a map[string]array) { delete(a, up+".scales") }},
		{"missing codes", "missing", func(a map[string]array) { delete(a, up+".codes") }},
		{"a missing norm", "missing", func(a map[string]array) { delete(a, llama.FinalNorm) }},
		{"an extra tensor", "unexpected tensor", func(a map[string]array) { a["model.extra"] = float32Array([]float32{1}, 1) }},
		{"full weights beside codes", "unexpected tensor", func(a map[string]array) {
			a[up+".weight"] = float32Array(make([]float32, 128*64), 128, 64)
		}},
		{"a NaN scale", "finite", func(a map[string]array) {
			binary.LittleEndian.PutUint16(a[up+".scales"].data, 0x7e00)
		}},
		{"an infinite scale", "finite", func(a map[string]array) {
			binary.LittleEndian.PutUint16(a[up+".scales"].data, 0x7c00)
		}},
		{"a negative scale", "0 or more", func(a map[string]array) {
			binary.LittleEndian.PutUint16(a[up+".scales"].data, 0xbc00)
		}},
		{"a NaN embedding", "finite", func(a map[string]array) {
			binary.LittleEndian.PutUint32(a[llama.Embedding].data, nan)
		}},
		{"a NaN bias", "finite", func(a map[string]array) { binary.LittleEndian.PutUint32(a[up+".bias"].data, nan) }},
		{"a bias of the wrong size", "shape is", func(a map[string]array) { a[up+".bias"] = float32Array(make([]float32, 3), 3) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			if err := WriteExport(folder, tinyExport()); err != nil {
				t.Fatal(err)
			}
			arrays, err := readSafetensors(os.DirFS(folder), weightsFile)
			if err != nil {
				t.Fatal(err)
			}
			test.tamper(arrays)
			if err := writeSafetensors(filepath.Join(folder, weightsFile), arrays); err != nil {
				t.Fatal(err)
			}
			_, err = ReadExport(os.DirFS(folder), tinyConfig())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestReadExportRefusesOtherConfigs(t *testing.T) {
	for _, test := range []struct{ from, to, want string }{
		{`"hidden_size": 64`, `"hidden_size": 128`, "another model"},
		{`"quant_method": "ternlab"`, `"quant_method": "bitnet"`, "quant_method"},
		{`"activation_bits": 8`, `"activation_bits": 4`, "activation_bits"},
		{`"quantization_config"`, `"something_else"`, "not a ternary model"},
		{`{`, ``, "parse"},
	} {
		folder := t.TempDir()
		if err := WriteExport(folder, tinyExport()); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, configFile)
		config, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.Replace(string(config), test.from, test.to, 1)
		if changed == string(config) {
			t.Fatalf("%s is not in config.json", test.from)
		}
		if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadExport(os.DirFS(folder), tinyConfig()); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("config with %s: error %v, want one with %q", test.to, err, test.want)
		}
	}
}

func TestEveryTruncationIsRefused(t *testing.T) {
	folder := t.TempDir()
	if err := WriteExport(folder, tinyExport()); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(folder, weightsFile))
	if err != nil {
		t.Fatal(err)
	}
	for length := 0; length < len(file); length += 97 {
		if _, err := parseSafetensors(file[:length]); err == nil {
			t.Fatalf("the first %d of %d bytes were accepted", length, len(file))
		}
	}
	if _, err := parseSafetensors(append(slices.Clone(file), 0)); err == nil {
		t.Error("a file with a byte too many was accepted")
	}
}

func TestReadModelRefuses(t *testing.T) {
	tiny := os.DirFS("../testdata/tiny")
	model, err := ReadModel(tiny)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadExport(tiny, model.Config); err == nil || !strings.Contains(err.Error(), "not a ternary model") {
		t.Errorf("a full-precision model as an export: error %v", err)
	}
	delete(model.Weights, llama.FinalNorm)
	folder := t.TempDir()
	arrays := map[string]array{}
	for name, values := range model.Weights {
		arrays[name] = float32Array(values, len(values))
	}
	if err := writeFolder(folder, model.Config, arrays); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadModel(os.DirFS(folder)); err == nil {
		t.Error("a model with flat tensors and a missing norm was accepted")
	}
	if _, err := ReadModel(os.DirFS(t.TempDir())); err == nil {
		t.Error("an empty folder was accepted")
	}
}

func TestFloat16RoundsAsPyTorch(t *testing.T) {
	var golden struct{ Float32, Float16 []float64 }
	data, err := os.ReadFile("testdata/float16.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	values := make([]float32, len(golden.Float32))
	for i, value := range golden.Float32 {
		values[i] = float32(value)
	}
	for i, got := range RoundScales(values) {
		if float64(got) != golden.Float16[i] {
			t.Fatalf("fp16 of %v is %v, want %v", golden.Float32[i], got, golden.Float16[i])
		}
	}
}

func FuzzParseSafetensors(f *testing.F) {
	folder := f.TempDir()
	small := map[string]array{"a": float32Array([]float32{1, 2}, 2), "b": codeArray([]int8{1}, 1, 1)}
	if err := writeSafetensors(filepath.Join(folder, "x"), small); err != nil {
		f.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(folder, "x"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, file []byte) {
		arrays, err := parseSafetensors(file)
		if err != nil {
			return
		}
		for _, name := range slices.Collect(maps.Keys(arrays)) {
			a := arrays[name]
			size := dtypeWidth(a.dtype)
			for _, dim := range a.shape {
				size *= dim
			}
			if size != len(a.data) {
				t.Fatalf("tensor %q of shape %v holds %d bytes", name, a.shape, len(a.data))
			}
		}
	})
}
