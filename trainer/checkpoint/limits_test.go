package checkpoint

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ternlab/ternlab/trainer/llama"
)

// withHeader is a safetensors file of this header.
func withHeader(header string) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...)
}

// A file from anywhere may be made to take memory and time. Each is refused before
// that.
func TestHostileFilesCostNothing(t *testing.T) {
	const large = 83 << 20
	many := strings.Repeat(`"1":{},`, large/7)
	deep := strings.Repeat(`{"a":`, 200_000)
	for name, test := range map[string]struct {
		file    string
		content []byte
		want    string
	}{
		"a header of 83 MB":         {weightsFile, withHeader("{" + many + `"2":{}}`), "no export of this model more than"},
		"a header of 1.1 MB":        {weightsFile, append(withHeader("{"+strings.Repeat(" ", 1_070_000)+"}"), 0), "header has 1070002 bytes, want at most"},
		"a header of 1 MB, names":   {weightsFile, withHeader("{" + distinct(60_000) + "}"), "describes more than 44 tensors"},
		"a header of 1 MB, one":     {weightsFile, withHeader("{" + many[:1<<20/7*7] + `"2":{}}`), "described twice"},
		"a deep header":             {weightsFile, withHeader(deep), "parse header"},
		"a deep tensor":             {weightsFile, withHeader(`{"a":` + deep), "parse header"},
		"deep metadata":             {weightsFile, withHeader(`{"__metadata__":` + deep), "parse header"},
		"a long shape":              {weightsFile, withHeader(`{"a":{"dtype":"F32","shape":[` + strings.Repeat("1,", 500_000) + `1],"data_offsets":[0,4]}}`), ""},
		"more than its tensors":     {weightsFile, append(withHeader(`{}`), make([]byte, 2<<20)...), "no export of this model more than"},
		"text behind the header":    {weightsFile, withHeader(`{}{}`), "something follows it"},
		"a config of blanks":        {configFile, append([]byte(exportJSON(t)), bytes.Repeat([]byte(" "), large)...), "config.json has"},
		"a config of 1 MB":          {configFile, []byte(`{"a":[` + strings.Repeat("[],", 349_000) + `[]]}`), "check model config"},
		"a deep config":             {configFile, []byte(deep), "parse"},
		"layers without end":        {configFile, []byte(strings.Replace(exportJSON(t), `"num_hidden_layers": 1`, `"num_hidden_layers": 1000000000`, 1)), "num_hidden_layers"},
		"many layers":               {configFile, []byte(strings.Replace(exportJSON(t), `"num_hidden_layers": 1`, `"num_hidden_layers": 16000000`, 1)), "num_hidden_layers"},
		"an index in their place":   {indexFile, []byte(`{}`), `also holds "model.safetensors.index.json"`},
		"a tokenizer of its own":    {"tokenizer.json", []byte(`{}`), `also holds "tokenizer.json"`},
		"a file of notes":           {"notes", nil, `also holds "notes", and an export is config.json and model.safetensors alone`},
		"a folder":                  {"a/b", nil, `also holds "a"`},
		"what an editor left there": {".notes.swp", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			folder := exportFiles(t)
			folder[test.file] = &fstest.MapFile{Data: test.content}
			used := allocatedBy(func() {
				_, err := ReadExport(folder, tinyConfig())
				if test.file[0] == '.' {
					if err != nil {
						t.Error(err)
					}
				} else if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error is %v, want one with %q", err, test.want)
				}
			})
			if used > 64<<20 {
				t.Errorf("%d MB were allocated", used>>20)
			}
		})
	}
}

// distinct are so many empty descriptions of tensors.
func distinct(count int) string {
	var text strings.Builder
	for i := range count {
		fmt.Fprintf(&text, "\"%d\":{},", i)
	}
	return strings.TrimSuffix(text.String(), ",")
}

// exportFiles is an export in memory.
func exportFiles(tb testing.TB) fstest.MapFS {
	tb.Helper()
	folder := tb.TempDir()
	if err := WriteExport(folder, tinyExport()); err != nil {
		tb.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, name := range []string{configFile, weightsFile} {
		data, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			tb.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	return files
}

func exportJSON(tb testing.TB) string {
	tb.Helper()
	return string(exportFiles(tb)[configFile].Data)
}

func allocatedBy(work func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestManyFilesAreNotListed(t *testing.T) {
	folder := exportFiles(t)
	for i := range 1000 {
		folder[fmt.Sprintf(".%d", i)] = &fstest.MapFile{}
	}
	if _, err := ReadExport(folder, tinyConfig()); err == nil || !strings.Contains(err.Error(), "more than 64 files") {
		t.Errorf("error is %v", err)
	}
}

// Each part has one type, so that its bits are what [Bits] says.
func TestReadExportRefusesOtherTypes(t *testing.T) {
	const up = "model.layers.0.mlp.up_proj"
	for name, tamper := range map[string]func(arrays map[string]array){
		up + ".scales: dtype is F32, want F16":       func(a map[string]array) { a[up+".scales"] = float32Array(make([]float32, 128), 128, 1) },
		up + ".bias: dtype is F16, want F32":         func(a map[string]array) { a[up+".bias"] = float16Array(make([]float32, 128), 128) },
		up + ".input_scales: dtype is F16, want F32": func(a map[string]array) { a[up+".input_scales"] = float16Array(make([]float32, 64), 64) },
		llama.FinalNorm + ": dtype is F16, want F32": func(a map[string]array) { a[llama.FinalNorm] = float16Array(make([]float32, 64), 64) },
		up + ".scales: scale 0 is -0, want 0":        func(a map[string]array) { patch(a, up+".scales", 0, 0x00, 0x80) },
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
		if _, err := ReadExport(os.DirFS(folder), tinyConfig()); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error is %v, want one with %q", err, name)
		}
	}
}

// The largest export that training can write fits.
func TestTheLargestExportFits(t *testing.T) {
	export := perChannelExport()
	folder := t.TempDir()
	if err := WriteExport(folder, export); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadExport(os.DirFS(folder), tinyConfig()); err != nil {
		t.Error(err)
	}
	if err := os.Truncate(filepath.Join(folder, weightsFile), maxExport(tinyConfig())+1); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadExport(os.DirFS(folder), tinyConfig()); err == nil || !strings.Contains(err.Error(), "no export of this model more than") {
		t.Errorf("a larger file: %v", err)
	}
}

// FuzzReadExport reads any two files as an export: it is refused, or every value is
// one that an export may have.
func FuzzReadExport(f *testing.F) {
	files := exportFiles(f)
	f.Add(files[configFile].Data, files[weightsFile].Data)
	f.Add([]byte(`{"quantization_config":{"quant_method":"ternlab","activation_bits":16}}`), withHeader(`{"__metadata__":{"a":"b"}}`))
	f.Add(files[configFile].Data, withHeader(`{"a":{"dtype":"I8","shape":[0],"data_offsets":[0,0]}}`))
	model := Model{Config: tinyConfig(), Weights: map[string][]float32{}}
	for _, tensor := range model.Config.Tensors() {
		model.Weights[tensor.Name] = []float32{1}
	}
	bounds := ModelBounds(model)
	f.Fuzz(func(t *testing.T, config, weights []byte) {
		folder := fstest.MapFS{configFile: {Data: config}, weightsFile: {Data: weights}}
		if _, err := IsExport(folder); err != nil {
			return
		}
		export, err := ReadExport(folder, tinyConfig())
		if err != nil {
			return
		}
		for name, layer := range export.Layers {
			for i, scale := range layer.Scales {
				if !(scale >= 0 && scale <= 65504) {
					t.Fatalf("%s: scale %d is %g", name, i, scale)
				}
			}
		}
		if bounds.Check(export) == nil && !(export.Bits().PerWeight < 4) {
			t.Fatalf("%g bits per weight", export.Bits().PerWeight)
		}
	})
}

// FuzzReadModel reads any files as a full-precision model in several files.
func FuzzReadModel(f *testing.F) {
	config, err := os.ReadFile(filepath.Join(tinyFolder, configFile))
	if err != nil {
		f.Fatal(err)
	}
	weights, err := os.ReadFile(filepath.Join(tinyFolder, weightsFile))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(config, []byte(`{"weight_map":{"a":"b"}}`), weights[:2000])
	f.Fuzz(func(t *testing.T, config, index, weights []byte) {
		folder := fstest.MapFS{configFile: {Data: config}, indexFile: {Data: index}, "b": {Data: weights}}
		model, err := ReadModel(folder)
		if err != nil {
			return
		}
		if _, err := ReadBounds(folder); err != nil {
			t.Fatalf("a model of %d layers can be read, its sizes can't: %v", model.Config.NumHiddenLayers, err)
		}
	})
}
