package checkpoint

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rawArray is a tensor of any bytes.
func rawArray(dtype string, data []byte, shape ...int) array {
	width := dtypeWidth(dtype)
	return array{dtype, shape, len(data) / width, func(buffer []byte, from, to int) []byte {
		return append(buffer, data[from*width:to*width]...)
	}}
}

// readArrays reads a folder's tensors so that they can be written again.
func readArrays(t *testing.T, folder string) map[string]array {
	t.Helper()
	weights, err := openWeights(os.DirFS(folder), 100)
	if err != nil {
		t.Fatal(err)
	}
	defer weights.close()
	arrays := map[string]array{}
	for name, tensor := range weights.arrays {
		data := make([]byte, tensor.data.Size())
		if _, err := tensor.data.ReadAt(data, 0); err != nil {
			t.Fatal(err)
		}
		arrays[name] = rawArray(tensor.dtype, data, tensor.shape...)
	}
	return arrays
}

// patch overwrites a tensor's bytes from one on.
func patch(arrays map[string]array, name string, from int, data ...byte) {
	a := arrays[name]
	bytes := a.encode(nil, 0, a.length)
	copy(bytes[from:], data)
	arrays[name] = rawArray(a.dtype, bytes, a.shape...)
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
	parse := func(file []byte) error {
		_, err := parseSafetensors(bytes.NewReader(file), int64(len(file)), 100)
		return err
	}
	for length := 0; length < len(file); length += 97 {
		if parse(file[:length]) == nil {
			t.Fatalf("the first %d of %d bytes were accepted", length, len(file))
		}
	}
	if parse(append(bytes.Clone(file), 0)) == nil {
		t.Error("a file with a byte too many was accepted")
	}
}

func TestParseSafetensorsRefuses(t *testing.T) {
	for _, test := range []struct{ header, want string }{
		{`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, "begins at byte 0"},
		{`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, "begins at byte 4"},
		{`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, "file holds 8"},
		{`{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}`, "truncated"},
		{`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, "needs 12 bytes"},
		{`{"a":{"dtype":"F32","shape":[-2,-1],"data_offsets":[0,8]}}`, "not possible"},
		{`{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}`, "not possible"},
		{`{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}`, `dtype "I64"`},
		{`{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}`, "outside"},
		{`{"a":7}`, "parse header of a"},
		{`[]`, "parse header"},
	} {
		file := append([]byte{byte(len(test.header)), 0, 0, 0, 0, 0, 0, 0}, test.header...)
		file = append(file, make([]byte, 8)...)
		if _, err := parseSafetensors(bytes.NewReader(file), int64(len(file)), 100); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error is %v, want one with %q", test.header, err, test.want)
		}
	}
}

// Tensors are read and written piece by piece; these take several.
func TestLongTensors(t *testing.T) {
	const length = 3*chunk + 5
	floats, codes := make([]float32, length), make([]int8, length)
	for i := range length {
		floats[i], codes[i] = float32(i%2048), int8(i%3)-1
	}
	folder := t.TempDir()
	arrays := map[string]array{
		"whole": float32Array(floats, length), "half": float16Array(floats, length), "codes": codeArray(codes, length),
	}
	if err := writeSafetensors(filepath.Join(folder, weightsFile), arrays); err != nil {
		t.Fatal(err)
	}
	weights, err := openWeights(os.DirFS(folder), 100)
	if err != nil {
		t.Fatal(err)
	}
	defer weights.close()
	for _, name := range []string{"whole", "half"} {
		got, err := weights.takeFloats(name, length)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(floats, got) {
			t.Errorf("%s changed on disk", name)
		}
	}
	got, err := weights.arrays["codes"].codes()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(codes, got) {
		t.Error("codes changed on disk")
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

// A bfloat16 is the upper half of a float32.
func TestBFloat16IsHalfAFloat32(t *testing.T) {
	want := []float32{0, 1, -1.5, 3.140625, 1e-38, float32(math.Copysign(0, -1)), 0x1p-133}
	var data []byte
	for i, value := range want {
		bits := math.Float32bits(value) >> 16
		want[i] = math.Float32frombits(bits << 16)
		data = append(data, byte(bits), byte(bits>>8))
	}
	folder := t.TempDir()
	if err := writeSafetensors(filepath.Join(folder, weightsFile), map[string]array{"a": rawArray("BF16", data, len(want))}); err != nil {
		t.Fatal(err)
	}
	weights, err := openWeights(os.DirFS(folder), 100)
	if err != nil {
		t.Fatal(err)
	}
	defer weights.close()
	got, err := weights.takeFloats("a", len(want))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
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
		arrays, err := parseSafetensors(bytes.NewReader(file), int64(len(file)), 100)
		if err != nil {
			return
		}
		for name, tensor := range arrays {
			size := int64(dtypeWidth(tensor.dtype))
			for _, dim := range tensor.shape {
				size *= int64(dim)
			}
			if size != tensor.data.Size() {
				t.Fatalf("tensor %q of shape %v holds %d bytes", name, tensor.shape, tensor.data.Size())
			}
			if _, err := tensor.float32s(); err != nil && tensor.dtype == "I8" {
				_, _ = tensor.codes()
			}
		}
	})
}
