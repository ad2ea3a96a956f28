package checkpoint

import (
	"fmt"
	"io/fs"
	"math"

	"github.com/ternlab/ternlab/trainer/llama"
)

// size is how large some values are.
type size struct {
	count   float64
	squares float64 // their sum
	largest float64 // absolute value
}

// rms is the root of the mean square.
func (s size) rms() float64 { return math.Sqrt(s.squares / max(1, s.count)) }

func (s *size) add(values ...float32) {
	s.addTimes(1, values...)
}

// addTimes takes values in that each stand for several.
func (s *size) addTimes(times float64, values ...float32) {
	for _, value := range values {
		s.count += times
		s.squares += times * float64(value) * float64(value)
		s.largest = max(s.largest, math.Abs(float64(value)))
	}
}

// sampledRows is how many rows of a linear layer's weight stand for all: reading
// every one of a large model would take longer than the check is worth.
const sampledRows = 64

// readSize looks at a tensor that lies in a file, row by row: at all rows or, of a
// linear layer's weight, at some that are spread evenly.
func (s stored) readSize(tensor llama.Tensor) (size, error) {
	row := tensor.Shape[len(tensor.Shape)-1]
	rows, step := tensor.Size()/row, 1
	if tensor.Linear {
		step = max(1, rows/sampledRows)
	}
	var found size
	width := dtypeWidth(s.dtype)
	values, data := make([]float32, row), make([]byte, row*width)
	for at := 0; at < rows; at += step {
		if n, err := s.data.ReadAt(data, int64(at)*int64(len(data))); n < len(data) {
			return size{}, fmt.Errorf("read values: %w", err)
		}
		if err := decodeFloats(values, s.dtype, data, at*row); err != nil {
			return size{}, err
		}
		found.add(values...)
	}
	return found, nil
}

// readSizes reads how large the values of a model folder's tensors are, without
// holding them.
func readSizes(folder fs.FS) (map[string]size, error) {
	config, err := ReadConfig(folder)
	if err != nil {
		return nil, err
	}
	weights, err := openWeights(folder, maxTensors(config))
	if err != nil {
		return nil, err
	}
	defer weights.close()
	sizes := map[string]size{}
	for _, tensor := range config.Tensors() {
		values, err := weights.take(tensor.Name, tensor.Shape...)
		if err == nil {
			sizes[tensor.Name], err = values.readSize(tensor)
		}
		if err != nil {
			return nil, fmt.Errorf("read tensor %s: %w", tensor.Name, err)
		}
	}
	return sizes, nil
}
