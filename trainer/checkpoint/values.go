package checkpoint

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/x448/float16"
)

// float32s converts a floating-point tensor; every value must be finite.
func (a array) float32s() ([]float32, error) {
	width := dtypeWidth(a.dtype)
	values := make([]float32, len(a.data)/width)
	for i := range values {
		bits := a.data[i*width:]
		switch a.dtype {
		case "F32":
			values[i] = math.Float32frombits(binary.LittleEndian.Uint32(bits))
		case "F16":
			values[i] = float16.Frombits(binary.LittleEndian.Uint16(bits)).Float32()
		case "BF16":
			values[i] = bfloat16.FromBits(binary.LittleEndian.Uint16(bits)).Float32()
		default:
			return nil, fmt.Errorf("dtype is %s, want a floating-point one", a.dtype)
		}
		if isNotFinite(values[i]) {
			return nil, fmt.Errorf("value %d is %v, want a finite number", i, values[i])
		}
	}
	return values, nil
}

// codes converts a tensor of ternary codes.
func (a array) codes() ([]int8, error) {
	if a.dtype != "I8" {
		return nil, fmt.Errorf("dtype is %s, want I8", a.dtype)
	}
	codes := make([]int8, len(a.data))
	for i, b := range a.data {
		codes[i] = int8(b)
		if codes[i] < -1 || codes[i] > 1 {
			return nil, fmt.Errorf("code %d is %d, want -1, 0 or +1", i, codes[i])
		}
	}
	return codes, nil
}

func float32Array(values []float32, shape ...int) array {
	data := make([]byte, 0, 4*len(values))
	for _, value := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(value))
	}
	return array{dtype: "F32", shape: shape, data: data}
}

func float16Array(values []float32, shape ...int) array {
	data := make([]byte, 0, 2*len(values))
	for _, value := range values {
		data = binary.LittleEndian.AppendUint16(data, float16.Fromfloat32(value).Bits())
	}
	return array{dtype: "F16", shape: shape, data: data}
}

func codeArray(codes []int8, shape ...int) array {
	data := make([]byte, len(codes))
	for i, code := range codes {
		data[i] = byte(code)
	}
	return array{dtype: "I8", shape: shape, data: data}
}

// hasShape says whether the tensor has exactly this shape.
func (a array) hasShape(shape ...int) error {
	if !slices.Equal(a.shape, shape) {
		return fmt.Errorf("shape is %v, want %v", a.shape, shape)
	}
	return nil
}

func isNotFinite(value float32) bool {
	return math.IsNaN(float64(value)) || math.IsInf(float64(value), 0)
}

// RoundScales rounds scales to fp16, as an export holds them.
func RoundScales(scales []float32) []float32 {
	rounded := make([]float32, len(scales))
	for i, scale := range scales {
		rounded[i] = float16.Fromfloat32(scale).Float32()
	}
	return rounded
}
