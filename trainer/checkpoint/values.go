package checkpoint

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/x448/float16"
)

// chunk is the number of bytes that are read and converted at once.
const chunk = 64 << 10

// eachChunk reads the tensor's bytes in pieces of whole values; at is the index
// of a piece's first value.
func (s stored) eachChunk(visit func(at int, data []byte) error) error {
	buffer := make([]byte, min(chunk, s.data.Size()))
	for offset := int64(0); offset < s.data.Size(); offset += chunk {
		part := buffer[:min(chunk, s.data.Size()-offset)]
		if n, err := s.data.ReadAt(part, offset); n < len(part) {
			return fmt.Errorf("read values: %w", err)
		}
		if err := visit(int(offset)/dtypeWidth(s.dtype), part); err != nil {
			return err
		}
	}
	return nil
}

// float32s reads a floating-point tensor; every value must be finite.
func (s stored) float32s() ([]float32, error) {
	values := make([]float32, s.data.Size()/int64(dtypeWidth(s.dtype)))
	err := s.eachChunk(func(at int, data []byte) error {
		return decodeFloats(values[at:], s.dtype, data, at)
	})
	return values, err
}

// equal checks a floating-point tensor against values; every one must be the same.
func (s stored) equal(values []float32) error {
	buffer := make([]float32, chunk/dtypeWidth(s.dtype))
	return s.eachChunk(func(at int, data []byte) error {
		part := buffer[:len(data)/dtypeWidth(s.dtype)]
		if err := decodeFloats(part, s.dtype, data, at); err != nil {
			return err
		}
		for i, value := range part {
			if value != values[at+i] {
				return fmt.Errorf("value %d is %g, want %g", at+i, value, values[at+i])
			}
		}
		return nil
	})
}

// decodeFloats converts data to the first values of dst; at is the index that
// an error names the first by.
func decodeFloats(dst []float32, dtype string, data []byte, at int) error {
	width := dtypeWidth(dtype)
	dst = dst[:len(data)/width]
	switch dtype {
	case "F32":
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
	case "F16":
		for i := range dst {
			dst[i] = float16.Frombits(binary.LittleEndian.Uint16(data[2*i:])).Float32()
		}
	case "BF16":
		for i := range dst {
			dst[i] = bfloat16.FromBits(binary.LittleEndian.Uint16(data[2*i:])).Float32()
		}
	default:
		return fmt.Errorf("dtype is %s, want a floating-point one", dtype)
	}
	return checkFinite(dst, at)
}

// checkFinite refuses NaN and infinity; at is the first value's index.
func checkFinite(values []float32, at int) error {
	for i, value := range values {
		if math.IsNaN(float64(value)) || math.IsInf(float64(value), 0) {
			return fmt.Errorf("value %d is %v, want a finite number", at+i, value)
		}
	}
	return nil
}

// codes reads a tensor of ternary codes.
func (s stored) codes() ([]int8, error) {
	if s.dtype != "I8" {
		return nil, fmt.Errorf("dtype is %s, want I8", s.dtype)
	}
	codes := make([]int8, s.data.Size())
	err := s.eachChunk(func(at int, data []byte) error {
		for i, b := range data {
			code := int8(b)
			if code < -1 || code > 1 {
				return fmt.Errorf("code %d is %d, want -1, 0 or +1", at+i, code)
			}
			codes[at+i] = code
		}
		return nil
	})
	return codes, err
}

// hasShape says whether the tensor has exactly this shape.
func (s stored) hasShape(shape ...int) error {
	if !slices.Equal(s.shape, shape) {
		return fmt.Errorf("shape is %v, want %v", s.shape, shape)
	}
	return nil
}

// RoundScales rounds scales to fp16, as an export holds them.
func RoundScales(scales []float32) []float32 { return roundHalves(scales) }

func roundHalves(scales []float32) []float32 {
	rounded := make([]float32, len(scales))
	for i, scale := range scales {
		rounded[i] = float16.Fromfloat32(scale).Float32()
	}
	return rounded
}
