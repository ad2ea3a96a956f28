package checkpoint

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
)

// stored is a tensor that lies in a file, little-endian, row-major. Its values
// are read when they are asked for.
type stored struct {
	dtype string // F32, F16, BF16 or I8
	shape []int
	data  *io.SectionReader
}

// entry is a tensor's description in the file's header.
type entry struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// parseSafetensors reads the header of a file of size bytes, which describes at
// most so many tensors, and refuses one whose tensors don't fill the file exactly:
// https://github.com/huggingface/safetensors#format.
func parseSafetensors(file io.ReaderAt, size int64, tensors int) (map[string]stored, error) {
	header, err := readHeader(file, size, maxHeader(tensors))
	if err != nil {
		return nil, err
	}
	entries, err := parseEntries(header, tensors)
	if err != nil {
		return nil, err
	}
	begin := 8 + int64(len(header))
	return locate(entries, io.NewSectionReader(file, begin, size-begin))
}

func readHeader(file io.ReaderAt, size, most int64) ([]byte, error) {
	if size < 8 {
		return nil, errors.New("file is truncated: no header")
	}
	var length [8]byte
	if read, err := file.ReadAt(length[:], 0); read < len(length) {
		return nil, fmt.Errorf("read header: %w", err)
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > uint64(size-8) {
		return nil, fmt.Errorf("file is truncated or no safetensors: header of %d bytes in a file of %d", n, size)
	}
	if n > uint64(most) {
		return nil, fmt.Errorf("header has %d bytes, want at most %d for this model's tensors", n, most)
	}
	header := make([]byte, n)
	if read, err := file.ReadAt(header, 8); read < len(header) {
		return nil, fmt.Errorf("read header: %w", err)
	}
	return header, nil
}

// locate finds each tensor in the file's data, which they must fill without
// gap or overlap.
func locate(entries map[string]entry, data *io.SectionReader) (map[string]stored, error) {
	names := slices.SortedFunc(maps.Keys(entries), func(a, b string) int {
		return cmp.Or(cmp.Compare(entries[a].Offsets[0], entries[b].Offsets[0]), cmp.Compare(a, b))
	})
	arrays := make(map[string]stored, len(entries))
	var used int64
	for _, name := range names {
		e := entries[name]
		size, err := e.size(data.Size())
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", name, err)
		}
		if e.Offsets[0] != used {
			return nil, fmt.Errorf("tensor %s begins at byte %d of the data, the one before it ends at %d", name, e.Offsets[0], used)
		}
		used += size
		arrays[name] = stored{e.DType, e.Shape, io.NewSectionReader(data, e.Offsets[0], size)}
	}
	if used != data.Size() {
		return nil, fmt.Errorf("tensors take %d bytes, file holds %d", used, data.Size())
	}
	return arrays, nil
}

// size is the number of bytes the tensor takes of a file's available ones.
func (e entry) size(available int64) (int64, error) {
	begin, end := e.Offsets[0], e.Offsets[1]
	if begin < 0 || end < begin || end > available {
		return 0, fmt.Errorf("bytes %d to %d lie outside the file's %d bytes of data: truncated?", begin, end, available)
	}
	width := int64(dtypeWidth(e.DType))
	if width == 0 {
		return 0, fmt.Errorf("dtype %q is not one of F32, F16, BF16, I8", e.DType)
	}
	want := width
	for _, dim := range e.Shape {
		if dim <= 0 || want > math.MaxInt64/int64(dim) {
			return 0, fmt.Errorf("shape %v is not possible", e.Shape)
		}
		want *= int64(dim)
	}
	if end-begin != want {
		return 0, fmt.Errorf("shape %v of %s needs %d bytes, has %d", e.Shape, e.DType, want, end-begin)
	}
	return want, nil
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
