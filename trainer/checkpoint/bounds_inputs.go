package checkpoint

import (
	"fmt"
	"math"
	"strings"

	"github.com/ternlab/ternlab/trainer/llama"
)

// inputLevels is the integer that a channel's largest input becomes.
const inputLevels = 127

// checkInputs bounds the scales of inputs: from what the smallest input gives to
// what the network's own weights let an input become. An input is 127 scales at
// most, so a scale beyond that rounds each input to 0.
func checkInputs(export Export) error {
	const rounding, margin = 0.999, 2
	least := rounding * SmallestInput / inputLevels
	for layer := range export.Config.NumHiddenLayers {
		reach := reachOf(export, layer)
		for _, tensor := range export.Config.LayerTensors() {
			if !tensor.Linear {
				continue
			}
			most := margin * max(reach(tensor.Name), SmallestInput) / inputLevels
			name := llama.LayerName(layer, tensor.Name)
			for i, scale := range export.Layers[name].Inputs {
				if value := float64(scale); !(value >= least && value <= most) {
					return fmt.Errorf("tensor %s: scale %d is %.4g, want %.4g to %.4g, as far as this input can reach",
						strings.TrimSuffix(name, ".weight")+inputScales, i, scale, least, most)
				}
			}
		}
	}
	return nil
}

// reachOf returns the largest size that an input of a layer's linear layers can
// have, by the layer's name within it.
//
// A normalized x has the norm √hidden, so each input behind a norm is at most √hidden
// times the largest gain, and by Cauchy and Schwarz each output of a linear layer is
// at most the norm of its weights times that of x. Attention averages outputs of
// v_proj; the MLP's input to down_proj is silu(gate) · up, and |silu(x)| ≤ |x|.
// Rounding doubles an input at most.
func reachOf(export Export, layer int) func(name string) float64 {
	const afterRounding = 2
	normed := func(norm string) float64 {
		var gain size
		gain.add(export.Dense[llama.LayerName(layer, norm)]...)
		return math.Sqrt(float64(export.Config.HiddenSize)) * gain.largest
	}
	output := func(name string, normOfInput float64) float64 {
		return largestRow(export.Layers[llama.LayerName(layer, name)], afterRounding*normOfInput)
	}
	attention, mlp := normed("input_layernorm.weight"), normed("post_attention_layernorm.weight")
	return func(name string) float64 {
		switch name {
		case "self_attn.o_proj.weight":
			return output("self_attn.v_proj.weight", attention)
		case "mlp.down_proj.weight":
			return output("mlp.gate_proj.weight", mlp) * output("mlp.up_proj.weight", mlp)
		case "mlp.gate_proj.weight", "mlp.up_proj.weight":
			return mlp
		}
		return attention
	}
}

// largestRow is the largest output that a layer can have for an input of this norm.
func largestRow(layer Ternary, normOfInput float64) float64 {
	group, groups := layer.GroupSize(), len(layer.Scales)/layer.Out
	var largest float64
	for row := range layer.Out {
		var squares float64
		for i := row * groups; i < (row+1)*groups; i++ {
			alive := countAlive(layer.Codes[i*group : (i+1)*group])
			squares += float64(alive) * float64(layer.Scales[i]) * float64(layer.Scales[i])
		}
		bias := 0.0
		if layer.Bias != nil {
			bias = math.Abs(float64(layer.Bias[row]))
		}
		largest = max(largest, math.Sqrt(squares)*normOfInput+bias)
	}
	return largest
}
