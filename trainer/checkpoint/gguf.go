package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/gomlx/go-huggingface/models/gguf"
	"github.com/gomlx/gomlx/core/tensors"
)

// ggufFile is an opened GGUF file whose header has been checked.
type ggufFile struct {
	*gguf.File
	reader *gguf.Reader
	data   *os.File
}

// openGGUF opens a file and checks of its header what the parser doesn't:
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
func openGGUF(path string) (*ggufFile, error) {
	data, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read GGUF file: %w", err)
	}
	g := &ggufFile{data: data}
	if err := g.open(); err != nil {
		g.close()
		return nil, fmt.Errorf("read GGUF file %s: %w", path, err)
	}
	return g, nil
}

func (g *ggufFile) open() error {
	if err := checkVersion(g.data); err != nil {
		return err
	}
	var err error
	if g.File, err = gguf.Open(g.data.Name()); err != nil {
		return fmt.Errorf("parse header: %w", err)
	}
	if g.reader, err = gguf.NewReader(g.File); err != nil {
		return err
	}
	info, err := g.data.Stat()
	if err != nil {
		return err
	}
	return g.checkTensors(info.Size())
}

func (g *ggufFile) close() {
	if g.reader != nil {
		_ = g.reader.Close() // nothing was written
	}
	_ = g.data.Close()
}

// checkVersion refuses files that aren't GGUF of a known version.
func checkVersion(file io.ReaderAt) error {
	var start [8]byte
	if n, err := file.ReadAt(start[:], 0); n < len(start) {
		return fmt.Errorf("file is truncated: %w", err)
	}
	if string(start[:4]) != "GGUF" {
		return fmt.Errorf("it begins with %q, want \"GGUF\"", start[:4])
	}
	switch version := binary.LittleEndian.Uint32(start[4:]); {
	case version == 2 || version == 3:
		return nil
	case version&0xffff == 0:
		return errors.New("it is big-endian, which isn't supported")
	default:
		return fmt.Errorf("its version is %d, want 2 or 3", version)
	}
}

// checkTensors holds every tensor's description to the file's size, and puts
// the descriptions in an order in which the parser finds them.
func (g *ggufFile) checkTensors(size int64) error {
	if g.Alignment > 1<<16 || g.DataOffset() > size {
		return fmt.Errorf("data begins at byte %d (alignment %d), file has %d: truncated?", g.DataOffset(), g.Alignment, size)
	}
	names := map[string]bool{}
	for _, tensor := range g.TensorInfos {
		if names[tensor.Name] {
			return fmt.Errorf("tensor %s is there twice", tensor.Name)
		}
		names[tensor.Name] = true
		if err := checkTensor(tensor, size-g.DataOffset()); err != nil {
			return fmt.Errorf("tensor %s: %w", tensor.Name, err)
		}
	}
	g.restoreOrder()
	return nil
}

// checkTensor checks one description against the bytes of data there are.
func checkTensor(tensor gguf.TensorInfo, available int64) error {
	count := uint64(1)
	for _, dim := range tensor.Shape {
		if dim == 0 || dim > math.MaxInt32 || count > math.MaxInt64/dim {
			return fmt.Errorf("dimensions %v are not possible", tensor.Shape)
		}
		count *= dim
	}
	if len(tensor.Shape) == 0 {
		return errors.New("it has no dimensions")
	}
	block := uint64(blockValues(tensor.Type))
	if floatType(tensor.Type) == "" && tensor.Type != typeQ2_0 && !slices.Contains(quantizedTypes(), tensor.Type) {
		return fmt.Errorf("type %s isn't supported; supported are F32, F16, BF16, Q2_0 and %v", tensor.Type, quantizedTypes())
	}
	if tensor.Shape[0]%block != 0 {
		return fmt.Errorf("its rows of %d values are no whole blocks of %d", tensor.Shape[0], block)
	}
	blocks := count / block // below available where it is multiplied, so that the product can't overflow
	if blocks > uint64(available) || tensor.Offset > uint64(available) ||
		blocks*uint64(blockBytes(tensor.Type)) > uint64(available)-tensor.Offset {
		return fmt.Errorf("%v values of type %s from byte %d on reach beyond the file's %d bytes of data: truncated?",
			tensor.Shape, typeName(tensor.Type), tensor.Offset, available)
	}
	return nil
}

// restoreOrder undoes a mistake of go-huggingface v0.4.0: it sorts TensorInfos
// by offset after it has noted where in the list each name is, so that names
// lead to other tensors wherever the header isn't in that order. Afterwards
// every name leads to its own description.
func (g *ggufFile) restoreOrder() {
	place := map[string]int{}
	for i, tensor := range g.TensorInfos {
		place[tensor.Name] = i
	}
	restored := slices.Clone(g.TensorInfos)
	for _, tensor := range g.TensorInfos {
		if found, ok := g.GetTensorInfo(tensor.Name); ok {
			restored[place[found.Name]] = tensor
		}
	}
	copy(g.TensorInfos, restored)
}

// floatType is the name of an unquantized type, empty for others.
func floatType(t gguf.TensorType) string {
	switch t {
	case gguf.TensorTypeF32, gguf.TensorTypeF16, gguf.TensorTypeBF16:
		return t.String()
	}
	return ""
}

// quantizedTypes are those that go-huggingface can dequantize.
func quantizedTypes() []gguf.TensorType {
	return []gguf.TensorType{
		gguf.TensorTypeQ8_0, gguf.TensorTypeQ4_0, gguf.TensorTypeQ4_1, gguf.TensorTypeQ5_0, gguf.TensorTypeQ5_1,
		gguf.TensorTypeQ2_K, gguf.TensorTypeQ3_K, gguf.TensorTypeQ4_K, gguf.TensorTypeQ5_K, gguf.TensorTypeQ6_K,
	}
}

// shape is a tensor's shape in the order of Hugging Face: GGUF lists the
// innermost dimension first.
func shape(tensor gguf.TensorInfo) []int {
	var dims []int
	for _, dim := range slices.Backward(tensor.Shape) {
		dims = append(dims, int(dim))
	}
	return dims
}

// floats reads a tensor, dequantized; every value must be finite.
func (g *ggufFile) floats(tensor gguf.TensorInfo) ([]float32, error) {
	size := int64(tensor.NumElements()) / int64(blockValues(tensor.Type)) * int64(blockBytes(tensor.Type))
	section := io.NewSectionReader(g.data, g.DataOffset()+int64(tensor.Offset), size)
	if dtype := floatType(tensor.Type); dtype != "" {
		return stored{dtype, shape(tensor), section}.float32s()
	}
	if tensor.Type == typeQ2_0 {
		values, err := q2Floats(section)
		if err != nil {
			return nil, err
		}
		return values, checkFinite(values, 0)
	}
	dequantized, err := g.reader.ReadTensor(nil, tensor.Name)
	if err != nil {
		return nil, err
	}
	// The tensor lies in Go's memory and nobody else holds it: its values need
	// no copy.
	var values []float32
	if err := tensors.ConstFlatData(dequantized, func(flat []float32) { values = flat }); err != nil {
		return nil, err
	}
	return values, checkFinite(values, 0)
}
