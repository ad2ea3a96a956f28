package checkpoint

import (
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
	export := Export{Config: tinyConfig(), Activations: Activations{Bits: 8}, Layers: map[string]Ternary{}, Dense: map[string][]float32{}}
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

// perChannelExport has a scale for each input of each layer.
func perChannelExport() Export {
	export := tinyExport()
	export.Activations.PerChannel = true
	for name, layer := range export.Layers {
		layer.Inputs = slices.Repeat([]float32{0.5}, layer.In)
		export.Layers[name] = layer
	}
	return export
}

func TestExportRoundTrip(t *testing.T) {
	for _, want := range []Export{tinyExport(), perChannelExport()} {
		testRoundTrip(t, want)
	}
}

func testRoundTrip(t *testing.T, want Export) {
	t.Helper()
	folder := t.TempDir()
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
	nan := []byte{0, 0, 0xc0, 0x7f}
	for _, test := range []struct {
		name, want string
		tamper     func(arrays map[string]array)
	}{
		{"a code of 2", "want -1, 0 or +1", func(a map[string]array) { patch(a, up+".codes", 7, 2) }},
		{"a code of -128", "want -1, 0 or +1", func(a map[string]array) { patch(a, up+".codes", 7, 0x80) }},
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
		{"a NaN scale", "finite", func(a map[string]array) { patch(a, up+".scales", 0, 0x00, 0x7e) }},
		{"an infinite scale", "finite", func(a map[string]array) { patch(a, up+".scales", 0, 0x00, 0x7c) }},
		{"a negative scale", "0 or more", func(a map[string]array) { patch(a, up+".scales", 0, 0x00, 0xbc) }},
		{"a NaN embedding", "finite", func(a map[string]array) { patch(a, llama.Embedding, 0, nan...) }},
		{"a NaN bias", "finite", func(a map[string]array) { patch(a, up+".bias", 0, nan...) }},
		{"a bias of the wrong size", "shape is", func(a map[string]array) { a[up+".bias"] = float32Array(make([]float32, 3), 3) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			if err := WriteExport(folder, tinyExport()); err != nil {
				t.Fatal(err)
			}
			arrays := readArrays(t, folder)
			test.tamper(arrays)
			if err := writeSafetensors(filepath.Join(folder, weightsFile), arrays); err != nil {
				t.Fatal(err)
			}
			_, err := ReadExport(os.DirFS(folder), tinyConfig())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestReadExportRefusesInputScales(t *testing.T) {
	const name = "model.layers.0.mlp.up_proj.input_scales"
	for want, tamper := range map[string]func(arrays map[string]array){
		"missing":     func(a map[string]array) { delete(a, name) },
		"shape is":    func(a map[string]array) { a[name] = float32Array(make([]float32, 3), 3) },
		"finite":      func(a map[string]array) { patch(a, name, 0, 0, 0, 0xc0, 0x7f) },
		"more than 0": func(a map[string]array) { patch(a, name, 0, 0, 0, 0, 0) },
	} {
		folder := t.TempDir()
		if err := WriteExport(folder, perChannelExport()); err != nil {
			t.Fatal(err)
		}
		arrays := readArrays(t, folder)
		tamper(arrays)
		if err := writeSafetensors(filepath.Join(folder, weightsFile), arrays); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadExport(os.DirFS(folder), tinyConfig()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want one with %q", err, want)
		}
	}
}

func TestReadExportRefusesOtherConfigs(t *testing.T) {
	for _, test := range []struct{ from, to, want string }{
		{`"hidden_size": 64`, `"hidden_size": 128`, "another model"},
		{`"quant_method": "ternlab"`, `"quant_method": "bitnet"`, "quant_method"},
		{`"activation_bits": 8`, `"activation_bits": 4`, "activation_bits"},
		{`"activation_bits": 8`, `"activation_bits": 16`, "not quantized"},
		{`"activation_scales": "token"`, `"activation_scales": "row"`, `activation_scales is "row"`},
		{`"activation_scales": "token"`, `"activation_scales": "channel"`, "input_scales"},
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
