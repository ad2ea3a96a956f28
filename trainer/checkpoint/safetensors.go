package checkpoint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"

	"github.com/google/renameio/v2"
)

// maxHeader is the largest safetensors header, in bytes, that is read; the
// format's own reader has the same limit.
const maxHeader = 100 << 20

// array is one tensor of a safetensors file, little-endian, row-major.
type array struct {
	dtype string // F32, F16, BF16 or I8
	shape []int
	data  []byte
}

// entry is a tensor's description in the file's header.
type entry struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"`
}

// readSafetensors reads a whole file and refuses one whose header and length
// don't agree exactly: https://github.com/huggingface/safetensors#format.
func readSafetensors(folder fs.FS, name string) (map[string]array, error) {
	file, err := fs.ReadFile(folder, name)
	if err != nil {
		return nil, fmt.Errorf("read weights: %w", err)
	}
	arrays, err := parseSafetensors(file)
	if err != nil {
		return nil, fmt.Errorf("read weights %s: %w", name, err)
	}
	return arrays, nil
}

func parseSafetensors(file []byte) (map[string]array, error) {
	if len(file) < 8 {
		return nil, errors.New("file is truncated: no header")
	}
	size := binary.LittleEndian.Uint64(file)
	if size > maxHeader || size > uint64(len(file)-8) {
		return nil, fmt.Errorf("file is truncated or no safetensors: header of %d bytes in a file of %d", size, len(file))
	}
	header, data := file[8:8+size], file[8+size:]
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(header, &raw); err != nil {
		return nil, fmt.Errorf("parse header: %w", err)
	}
	delete(raw, "__metadata__")
	arrays := make(map[string]array, len(raw))
	used := 0
	for name, description := range raw {
		var e entry
		if err := json.Unmarshal(description, &e); err != nil {
			return nil, fmt.Errorf("parse header of %s: %w", name, err)
		}
		a, err := e.slice(data)
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", name, err)
		}
		arrays[name] = a
		used += len(a.data)
	}
	if used != len(data) {
		return nil, fmt.Errorf("tensors take %d bytes, file holds %d", used, len(data))
	}
	return arrays, nil
}

// slice cuts the tensor out of the file's data.
func (e entry) slice(data []byte) (array, error) {
	begin, end := e.Offsets[0], e.Offsets[1]
	if begin < 0 || end < begin || end > len(data) {
		return array{}, fmt.Errorf("bytes %d to %d lie outside the file's %d bytes of data: truncated?", begin, end, len(data))
	}
	width := dtypeWidth(e.DType)
	if width == 0 {
		return array{}, fmt.Errorf("dtype %q is not one of F32, F16, BF16, I8", e.DType)
	}
	want := width
	for _, dim := range e.Shape {
		if dim <= 0 || want > math.MaxInt32/dim*width {
			return array{}, fmt.Errorf("shape %v is not possible", e.Shape)
		}
		want *= dim
	}
	if end-begin != want {
		return array{}, fmt.Errorf("shape %v of %s needs %d bytes, has %d", e.Shape, e.DType, want, end-begin)
	}
	return array{dtype: e.DType, shape: e.Shape, data: data[begin:end]}, nil
}

func dtypeWidth(dtype string) int {
	switch dtype {
	case "F32":
		return 4
	case "F16", "BF16":
		return 2
	case "I8":
		return 1
	}
	return 0
}

// writeSafetensors writes the file whole or not at all. Tensors lie in the
// order of their names, so the same model gives the same bytes.
func writeSafetensors(path string, arrays map[string]array) error {
	header := make(map[string]entry, len(arrays))
	var data bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		a := arrays[name]
		begin := data.Len()
		data.Write(a.data)
		header[name] = entry{DType: a.dtype, Shape: a.shape, Offsets: [2]int{begin, data.Len()}}
	}
	encoded, err := json.Marshal(header)
	if err != nil {
		return fmt.Errorf("encode header of %s: %w", path, err)
	}
	for len(encoded)%8 != 0 { // the format asks for aligned data
		encoded = append(encoded, ' ')
	}
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(encoded)))
	file = append(file, encoded...)
	file = append(file, data.Bytes()...)
	if err := renameio.WriteFile(path, file, 0o644); err != nil {
		return fmt.Errorf("write weights: %w", err)
	}
	return nil
}
