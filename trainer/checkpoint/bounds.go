package checkpoint

import (
	"fmt"
	"io/fs"
	"math"
	"strings"

	"github.com/ternlab/ternlab/trainer/llama"
)

// Bounds are how large an export's values may be at most, beside the model that it
// was trained from. An export is measured for what its ternary weights can do:
// numbers of any size in the parts that aren't ternary could carry a result of
// their own, or break the arithmetic that measures it.
//
// The bounds are wide. Whatever the recipe's knobs are set to, trainings of nano
// leave the root mean square (rms) of embedding and norms below 1.3 times what it
// was, the largest value below 1.5 times; their largest scale is below 1.5 times the
// largest weight of the layer that it came from (docs/sandbox.md).
type Bounds struct {
	// Biases says whether linear layers may have biases: those of Tequila's dead
	// weights, the only ones that a training makes.
	Biases bool

	start map[string]size // of the pretrained weights, by tensor
}

// ReadBounds returns the bounds of what is trained from the model in a folder.
// Biases are allowed.
func ReadBounds(folder fs.FS) (Bounds, error) {
	start, err := readSizes(folder)
	if err != nil {
		return Bounds{}, fmt.Errorf("read how large the pretrained weights are: %w", err)
	}
	return Bounds{true, start}, nil
}

// ModelBounds returns the bounds of what is trained from a model. Biases are
// allowed.
func ModelBounds(model Model) Bounds {
	start := map[string]size{}
	for name, values := range model.Weights {
		var found size
		found.add(values...)
		start[name] = found
	}
	return Bounds{true, start}
}

// limit is how far a value may be from the pretrained ones: so many times as large,
// and a little more, for values that were near 0.
type limit struct{ times, plus float64 }

func (l limit) of(start float64) float64 { return l.times*start + l.plus }

// limits bounds one tensor.
type limits struct{ rms, largest limit }

// limitsOf are the limits of a tensor's values. An embedding is as large as it was
// pretrained: other vectors in its place, such as signs, are refused. A norm's gain
// may become 1, as where it was folded into the layers behind it.
func limitsOf(tensor llama.Tensor) limits {
	switch {
	case tensor.Linear: // scales, and codes times scales
		return limits{rms: limit{16, 0.25}, largest: limit{16, 1}}
	case tensor.Name == llama.Embedding:
		return limits{rms: limit{4, 0}, largest: limit{8, 0}}
	}
	return limits{rms: limit{4, 1}, largest: limit{8, 1}}
}

// Check refuses an export with a value out of bounds, and names it.
func (b Bounds) Check(export Export) error {
	for _, tensor := range export.Config.Tensors() {
		var err error
		if tensor.Linear {
			err = b.checkLayer(tensor, export.Layers[tensor.Name])
		} else {
			var found size
			found.add(export.Dense[tensor.Name]...)
			err = b.checkSize(tensor, tensor.Name, found)
		}
		if err != nil {
			return err
		}
	}
	if export.Activations.PerChannel {
		return checkInputs(export)
	}
	return nil
}

// checkSize compares the size of values with the pretrained tensor's.
func (b Bounds) checkSize(tensor llama.Tensor, name string, found size) error {
	start, limits := b.start[tensor.Name], limitsOf(tensor)
	if most := limits.largest.of(start.largest); !(found.largest <= most) {
		return fmt.Errorf("tensor %s: its largest value is %.4g, want at most %.4g; the pretrained model's is %.4g", name, found.largest, most, start.largest)
	}
	if most := limits.rms.of(start.rms()); !(found.rms() <= most) {
		return fmt.Errorf("tensor %s: the root mean square of its values is %.4g, want at most %.4g; the pretrained model's is %.4g", name, found.rms(), most, start.rms())
	}
	return nil
}

// checkLayer bounds a linear layer: each scale as a weight's size, codes times
// scales together, and the bias.
func (b Bounds) checkLayer(tensor llama.Tensor, layer Ternary) error {
	name := strings.TrimSuffix(tensor.Name, ".weight")
	var weights size
	group := layer.GroupSize()
	dead := make([]float64, layer.Out) // the scales of codes 0, summed by row
	zeros := make([]float64, layer.Out)
	for i, scale := range layer.Scales {
		alive := countAlive(layer.Codes[i*group : (i+1)*group])
		row := i * group / layer.In
		zeros[row] += float64(group - alive)
		dead[row] += float64(group-alive) * float64(scale)
		weights.addTimes(float64(alive), scale)
		weights.addTimes(float64(group-alive), 0)
	}
	if err := b.checkSize(tensor, name+".scales", weights); err != nil {
		return err
	}
	if layer.Bias == nil {
		return nil
	}
	if !b.Biases {
		return fmt.Errorf("tensor %s.bias: this recipe has none; only Tequila's dead weights become biases (DeadZoneRecovery: \"tequila\" in recipe.go)", name)
	}
	return b.checkBias(tensor, name, layer.Bias, zeros, dead)
}

// countAlive is the number of codes that aren't 0.
func countAlive(codes []int8) int {
	alive := 0
	for _, code := range codes {
		alive += int(code & 1) // 1 for -1 and +1
	}
	return alive
}

// MaxTequilaEpsilon is the largest factor that dead weights may have in a bias: the
// upper end of the recipe's TequilaEpsilon.
const MaxTequilaEpsilon = 0.1

// checkBias bounds each bias by what Tequila's dead weights can make of it
// (Huang et al. 2025, https://arxiv.org/abs/2509.23809): epsilon times the sum of
// the row's weights whose code is 0.
//
// A weight is dead up to a threshold. With every method of the recipe that is at
// most the scale of its group: 0.3 to 0.8 of it with absmean and absmax, half of it
// with optimal, LSQ and SEQ; with TWN the scale is the mean of the weights beyond
// the threshold. So the sum of the scales of codes 0 bounds the row. A scale may be
// larger than weights are, though, and the weights of a row are of the layer's size:
// at most four times its pretrained rms on average, as far as any training moves
// them. The smaller of the two holds, with a quarter as margin for thresholds that
// an experiment may try. Trainings with the largest epsilon reach 0.27 of it.
func (b Bounds) checkBias(tensor llama.Tensor, name string, bias []float32, zeros, dead []float64) error {
	const margin, slack = 1.25, 0.1
	moved := limit{4, slack}.of(b.start[tensor.Name].rms())
	for row, value := range bias {
		most := margin * MaxTequilaEpsilon * min(dead[row], moved*zeros[row])
		if size := math.Abs(float64(value)); !(size <= most) {
			return fmt.Errorf("tensor %s.bias: value %d is %.4g, want at most %.4g: %.1f times what its %.0f codes of 0 can sum to", name, row, value, most, margin*MaxTequilaEpsilon, zeros[row])
		}
	}
	return nil
}
