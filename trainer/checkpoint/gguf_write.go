package checkpoint

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/gomlx/go-huggingface/models/gguf"
)

// ggufAlignment is where tensors begin in a file's data: at multiples of it.
const ggufAlignment = 32

// ggufValue is a value of a file's metadata, with its type's number before it:
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
type ggufValue []byte

func ggufUint(value int) ggufValue {
	return binary.LittleEndian.AppendUint32([]byte{4, 0, 0, 0}, uint32(value))
}

func ggufFloat(value float64) ggufValue {
	return binary.LittleEndian.AppendUint32([]byte{6, 0, 0, 0}, math.Float32bits(float32(value)))
}

func ggufBool(value bool) ggufValue {
	if value {
		return ggufValue{7, 0, 0, 0, 1}
	}
	return ggufValue{7, 0, 0, 0, 0}
}

func ggufString(value string) ggufValue { return appendString([]byte{8, 0, 0, 0}, value) }

func ggufStrings(values []string) ggufValue {
	list := binary.LittleEndian.AppendUint64([]byte{9, 0, 0, 0, 8, 0, 0, 0}, uint64(len(values)))
	for _, value := range values {
		list = appendString(list, value)
	}
	return list
}

func ggufInts(values []int32) ggufValue {
	list := binary.LittleEndian.AppendUint64([]byte{9, 0, 0, 0, 5, 0, 0, 0}, uint64(len(values)))
	for _, value := range values {
		list = binary.LittleEndian.AppendUint32(list, uint32(value))
	}
	return list
}

func appendString(buffer []byte, text string) []byte {
	return append(binary.LittleEndian.AppendUint64(buffer, uint64(len(text))), text...)
}

// ggufContent is a file to be written: metadata and tensors in their order.
type ggufContent struct {
	keys   []string
	values []ggufValue
	names  []string
	arrays []array
}

func (c *ggufContent) set(key string, value ggufValue) {
	c.keys, c.values = append(c.keys, key), append(c.values, value)
}

func (c *ggufContent) add(name string, a array) {
	c.names, c.arrays = append(c.names, name), append(c.arrays, a)
}

// ggufType is the type of an array's values.
func (a array) ggufType() gguf.TensorType {
	switch a.dtype {
	case "F16":
		return gguf.TensorTypeF16
	case "Q8_0":
		return gguf.TensorTypeQ8_0
	case "Q2_0":
		return typeQ2_0
	}
	return gguf.TensorTypeF32
}

// write writes the file, version 3.
func (c *ggufContent) write(w io.Writer) error {
	header := c.header()
	if _, err := w.Write(append(header, make([]byte, padding(len(header)))...)); err != nil {
		return err
	}
	for _, a := range c.arrays {
		if err := a.write(w); err != nil {
			return err
		}
		if _, err := w.Write(make([]byte, padding(a.ggufBytes()))); err != nil {
			return err
		}
	}
	return nil
}

func (c *ggufContent) header() []byte {
	header := []byte("GGUF\x03\x00\x00\x00")
	header = binary.LittleEndian.AppendUint64(header, uint64(len(c.arrays)))
	header = binary.LittleEndian.AppendUint64(header, uint64(len(c.keys)))
	for i, key := range c.keys {
		header = append(appendString(header, key), c.values[i]...)
	}
	offset := 0
	for i, a := range c.arrays {
		header = appendString(header, c.names[i])
		header = binary.LittleEndian.AppendUint32(header, uint32(len(a.shape)))
		for axis := len(a.shape) - 1; axis >= 0; axis-- { // the innermost first
			header = binary.LittleEndian.AppendUint64(header, uint64(a.shape[axis]))
		}
		header = binary.LittleEndian.AppendUint32(header, uint32(a.ggufType()))
		header = binary.LittleEndian.AppendUint64(header, uint64(offset))
		offset += a.ggufBytes() + padding(a.ggufBytes())
	}
	return header
}

func (a array) ggufBytes() int {
	return a.length / blockValues(a.ggufType()) * blockBytes(a.ggufType())
}

// padding is what lacks to the next multiple of the alignment.
func padding(size int) int { return (ggufAlignment - size%ggufAlignment) % ggufAlignment }

// check refuses tensors that their types can't hold.
func (c *ggufContent) check() error {
	for i, a := range c.arrays {
		if block := blockValues(a.ggufType()); a.shape[len(a.shape)-1]%block != 0 {
			return fmt.Errorf("tensor %s: its rows of %d values are no whole blocks of %d, which type %s asks for",
				c.names[i], a.shape[len(a.shape)-1], block, a.dtype)
		}
	}
	return nil
}
