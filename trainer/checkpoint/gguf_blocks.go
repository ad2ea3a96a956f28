package checkpoint

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/gomlx/go-huggingface/models/gguf"
	"github.com/x448/float16"
)

// typeQ2_0 is ggml's type of blocks of 64 two-bit codes; go-huggingface v0.4.0
// doesn't know it.
const typeQ2_0 gguf.TensorType = 42

// Values and bytes of a block of Q2_0: a scale as half, then the codes:
// https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/ggml-common.h.
const (
	q2Values = 64
	q2Bytes  = 2 + q2Values/4
)

// blockValues is the number of values in a block of a type.
func blockValues(t gguf.TensorType) int {
	if t == typeQ2_0 {
		return q2Values
	}
	return t.BlockSize()
}

// blockBytes is the number of bytes of a block of a type.
func blockBytes(t gguf.TensorType) int {
	if t == typeQ2_0 {
		return q2Bytes
	}
	return t.TypeSize()
}

// typeName names a type as ggml does.
func typeName(t gguf.TensorType) string {
	if t == typeQ2_0 {
		return "Q2_0"
	}
	return t.String()
}

// q2Array is a ternary layer [out, in] as blocks of Q2_0. Groups of several
// blocks repeat their scale. Value j of a block lies in the bits 2·(j mod 4) of
// byte j/4, as its code plus one.
func q2Array(layer Ternary) array {
	group := layer.GroupSize()
	return array{"Q2_0", []int{layer.Out, layer.In}, len(layer.Codes), func(buffer []byte, from, to int) []byte {
		for block := from; block < to; block += q2Values {
			buffer = binary.LittleEndian.AppendUint16(buffer, float16.Fromfloat32(layer.Scales[block/group]).Bits())
			for j := block; j < block+q2Values; j += 4 {
				codes := layer.Codes[j : j+4]
				buffer = append(buffer, byte(codes[0]+1|(codes[1]+1)<<2|(codes[2]+1)<<4)|byte(codes[3]+1)<<6)
			}
		}
		return buffer
	}}
}

// q2Floats reads blocks of Q2_0, whose codes may also be +2.
func q2Floats(data *io.SectionReader) ([]float32, error) {
	bytes := make([]byte, data.Size())
	if n, err := data.ReadAt(bytes, 0); n < len(bytes) {
		return nil, fmt.Errorf("read values: %w", err)
	}
	values := make([]float32, len(bytes)/q2Bytes*q2Values)
	for i := range values {
		block := bytes[i/q2Values*q2Bytes:][:q2Bytes]
		scale := float16.Frombits(binary.LittleEndian.Uint16(block)).Float32()
		j := i % q2Values
		code := block[2+j/4] >> (2 * (j % 4)) & 3
		values[i] = float32(int(code)-1) * scale
	}
	return values, nil
}

// q8Values is the number of values in a block of Q8_0: a scale as half, then
// bytes.
const q8Values = 32

// q8Array rounds values to blocks of Q8_0 as ggml does: the scale is the largest
// size over 127.
func q8Array(values []float32, shape ...int) array {
	return array{"Q8_0", shape, len(values), func(buffer []byte, from, to int) []byte {
		for block := from; block < to; block += q8Values {
			var largest float32
			for _, value := range values[block : block+q8Values] {
				largest = max(largest, float32(math.Abs(float64(value))))
			}
			scale, inverse := largest/127, float32(0)
			if scale != 0 {
				inverse = 1 / scale
			}
			buffer = binary.LittleEndian.AppendUint16(buffer, float16.Fromfloat32(scale).Bits())
			for _, value := range values[block : block+q8Values] {
				buffer = append(buffer, byte(int8(math.Round(float64(value*inverse)))))
			}
		}
		return buffer
	}}
}
