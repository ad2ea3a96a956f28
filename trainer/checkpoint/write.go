package checkpoint

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/google/renameio/v2"
	"github.com/x448/float16"
)

// array is a tensor to be written. Its bytes are made while they are written,
// so that a model never lies in memory twice.
type array struct {
	dtype  string // F32, F16 or I8; in a GGUF file also Q8_0 or Q2_0
	shape  []int
	length int                                      // number of values
	encode func(buffer []byte, from, to int) []byte // appends the values' bytes
}

func float32Array(values []float32, shape ...int) array {
	return array{"F32", shape, len(values), func(buffer []byte, from, to int) []byte {
		for _, value := range values[from:to] {
			buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(value))
		}
		return buffer
	}}
}

func float16Array(values []float32, shape ...int) array {
	return array{"F16", shape, len(values), func(buffer []byte, from, to int) []byte {
		for _, value := range values[from:to] {
			buffer = binary.LittleEndian.AppendUint16(buffer, float16.Fromfloat32(value).Bits())
		}
		return buffer
	}}
}

func codeArray(codes []int8, shape ...int) array {
	return array{"I8", shape, len(codes), func(buffer []byte, from, to int) []byte {
		for _, code := range codes[from:to] {
			buffer = append(buffer, byte(code))
		}
		return buffer
	}}
}

// write writes the tensor's bytes, some values at a time: whole blocks of any type.
func (a array) write(w io.Writer) error {
	const step = 16 << 10
	var buffer []byte
	for from := 0; from < a.length; from += step {
		buffer = a.encode(buffer[:0], from, min(from+step, a.length))
		if _, err := w.Write(buffer); err != nil {
			return err
		}
	}
	return nil
}

// writeSafetensors writes the file whole or not at all. Tensors lie in the
// order of their names, so the same model gives the same bytes.
func writeSafetensors(path string, arrays map[string]array) error {
	header, err := encodeHeader(arrays)
	if err != nil {
		return fmt.Errorf("encode header of %s: %w", path, err)
	}
	err = writeFile(path, func(w io.Writer) error {
		if _, err := w.Write(header); err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(arrays)) {
			if err := arrays[name].write(w); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write weights: %w", err)
	}
	return nil
}

// writeFile writes a file whole or not at all.
func writeFile(path string, write func(w io.Writer) error) error {
	file, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o644), renameio.WithExistingPermissions())
	if err != nil {
		return err
	}
	defer func() { _ = file.Cleanup() }() // does nothing once the file is in its place
	w := bufio.NewWriter(file)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return file.CloseAtomicallyReplace()
}

// encodeHeader is the file up to the first tensor: the header after its length.
func encodeHeader(arrays map[string]array) ([]byte, error) {
	entries := make(map[string]entry, len(arrays))
	var begin int64
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		a := arrays[name]
		end := begin + int64(a.length*dtypeWidth(a.dtype))
		entries[name] = entry{DType: a.dtype, Shape: a.shape, Offsets: [2]int64{begin, end}}
		begin = end
	}
	encoded, err := json.Marshal(entries)
	if err != nil {
		return nil, err
	}
	for len(encoded)%8 != 0 { // the format asks for aligned data
		encoded = append(encoded, ' ')
	}
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(encoded))), encoded...), nil
}
