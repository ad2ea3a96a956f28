package checkpoint

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ternlab/ternlab/trainer/contract"
	"github.com/ternlab/ternlab/trainer/llama"
)

const nanoFolder = "../prepare/nano"

// nano is the embedded model, and its bounds as the evaluator reads them.
func nano(t *testing.T) (Model, Bounds) {
	t.Helper()
	model, err := ReadModel(os.DirFS(nanoFolder))
	if err != nil {
		t.Fatal(err)
	}
	bounds, err := ReadBounds(os.DirFS(nanoFolder))
	if err != nil {
		t.Fatal(err)
	}
	return model, bounds
}

// rounded is a model's export, its scales the mean sizes of groups of this many
// weights.
func rounded(model Model, group int) Export {
	export := Export{Config: model.Config, Activations: Activations{Bits: 16}, Layers: map[string]Ternary{}, Dense: map[string][]float32{}}
	for _, tensor := range model.Config.Tensors() {
		weights := model.Weights[tensor.Name]
		if !tensor.Linear {
			export.Dense[tensor.Name] = slices.Clone(weights)
			continue
		}
		layer := Ternary{Out: tensor.Shape[0], In: tensor.Shape[1]}
		for group := range slices.Chunk(weights, min(group, layer.In)) {
			var mean float64
			for _, weight := range group {
				mean += math.Abs(float64(weight)) / float64(len(group))
			}
			layer.Scales = append(layer.Scales, float32(mean))
			for _, weight := range group {
				layer.Codes = append(layer.Codes, int8(max(-1, min(1, math.RoundToEven(float64(weight)/mean)))))
			}
		}
		layer.Scales = RoundScales(layer.Scales)
		export.Layers[tensor.Name] = layer
	}
	return export
}

const upProjection = "model.layers.1.mlp.up_proj.weight"

// change replaces one layer of an export.
func change(export Export, name string, change func(layer *Ternary)) {
	layer := export.Layers[name]
	change(&layer)
	export.Layers[name] = layer
}

func setScales(scale float32) func(Export) {
	return func(e Export) {
		change(e, upProjection, func(l *Ternary) { l.Scales = slices.Repeat([]float32{scale}, len(l.Scales)) })
	}
}

func fill(name string, value func(i int) float32) func(Export) {
	return func(e Export) {
		for i := range e.Dense[name] {
			e.Dense[name][i] = value(i)
		}
	}
}

func constant(value float32) func(int) float32 { return func(int) float32 { return value } }

// deadSum is what the codes of 0 of a layer's first row can sum to.
func deadSum(layer Ternary) float64 {
	var sum float64
	for i, code := range layer.Codes[:layer.In] {
		if code == 0 {
			sum += float64(layer.Scales[i/layer.GroupSize()])
		}
	}
	return sum
}

// tequila gives a layer biases of so many times what its dead weights can make.
func tequila(times float64) func(Export) {
	return func(e Export) {
		change(e, upProjection, func(l *Ternary) {
			l.Bias = make([]float32, l.Out)
			l.Bias[0] = float32(-times * MaxTequilaEpsilon * deadSum(*l))
		})
	}
}

// Each case is a way to carry a result outside the ternary weights, or to break the
// arithmetic that measures it.
func TestBoundsRefuse(t *testing.T) {
	const queries, keys = "model.layers.0.self_attn.q_proj.weight", "model.layers.0.self_attn.k_proj.weight"
	bias := func(name string, value float32) func(Export) {
		return func(e Export) {
			change(e, name, func(l *Ternary) { l.Bias = slices.Repeat([]float32{value}, l.Out) })
		}
	}
	for name, test := range map[string]struct {
		tamper func(Export)
		want   string
	}{
		"all logits equal and huge": {func(e Export) {
			fill(llama.Embedding, constant(1e3))(e)
			fill(llama.FinalNorm, constant(1e6))(e)
		}, "tensor model.embed_tokens.weight: its largest value is 1000, want at most 8.889"},
		"a final norm of 1e6":        {fill(llama.FinalNorm, constant(1e6)), "tensor model.norm.weight: its largest value is 1e+06, want at most 16.8"},
		"one gain of 100":            {func(e Export) { e.Dense[llama.FinalNorm][3] = 100 }, "tensor model.norm.weight: its largest value is 100"},
		"negative gains":             {fill(llama.FinalNorm, constant(-40)), "largest value is 40"},
		"gains below the largest":    {fill("model.layers.0.input_layernorm.weight", constant(4)), "root mean square of its values is 4, want at most 2.2"},
		"an embedding of signs":      {fill(llama.Embedding, func(i int) float32 { return float32(1 - 2*(i*2654435761>>7&1)) }), "tensor model.embed_tokens.weight: the root mean square of its values is 1, want at most 0.959"},
		"one token's vector":         {func(e Export) { e.Dense[llama.Embedding][1000] = -12 }, "largest value is 12"},
		"a NaN that no reader saw":   {func(e Export) { e.Dense[llama.FinalNorm][0] = float32(math.NaN()) }, "tensor model.norm.weight"},
		"infinity":                   {func(e Export) { e.Dense[llama.Embedding][0] = float32(math.Inf(1)) }, "largest value is +Inf"},
		"the largest fp16 as scale":  {setScales(65504), "tensor model.layers.1.mlp.up_proj.scales: its largest value is 6.55e+04"},
		"one large scale":            {func(e Export) { e.Layers[upProjection].Scales[5] = 100 }, "scales: its largest value is 100"},
		"scales beyond any weight":   {setScales(8), "scales: the root mean square of its values is 6."},
		"look-ahead: biases of 1e6":  {func(e Export) { bias(queries, 1e6)(e); bias(keys, 1e6)(e) }, "q_proj.bias: value 0 is 1e+06, want at most"},
		"a bias of 100 on one layer": {bias(keys, 100), "k_proj.bias: value 0 is 100"},
		"slightly too large a bias":  {tequila(1.26), "up_proj.bias: value 0 is -"},
		"a bias without dead weights": {func(e Export) {
			change(e, upProjection, func(l *Ternary) {
				for i := range l.Codes[:l.In] {
					l.Codes[i] = 1
				}
				l.Bias = make([]float32, l.Out)
				l.Bias[0] = 1e-3
			})
		}, "want at most 0: 0.1 times what its 0 codes of 0 can sum to"},
		"room for biases by scales of dead groups": {func(e Export) {
			change(e, upProjection, func(l *Ternary) {
				l.Bias = make([]float32, l.Out)
				for row := range l.Out {
					clear(l.Codes[row*l.In : row*l.In+64])
					l.Scales[row*len(l.Scales)/l.Out] = 8
					l.Bias[row] = 60
				}
			})
		}, "up_proj.bias: value 0 is 60, want at most"},
	} {
		t.Run(name, func(t *testing.T) {
			model, bounds := nano(t)
			export := rounded(model, 64)
			if err := bounds.Check(export); err != nil {
				t.Fatalf("before: %v", err)
			}
			test.tamper(export)
			if err := bounds.Check(export); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one with %q", err, test.want)
			}
		})
	}
}

// Only what Tequila makes is a bias; a learned one changes the model.
func TestBoundsTakeBiasesFromTequilaAlone(t *testing.T) {
	model, bounds := nano(t)
	export := rounded(model, 64)
	tequila(1)(export)
	if err := bounds.Check(export); err != nil {
		t.Error(err)
	}
	bounds.Biases = false
	if err := bounds.Check(export); err == nil || !strings.Contains(err.Error(), "up_proj.bias: this recipe has none") {
		t.Errorf("a bias under another recipe: %v", err)
	}
	tequila(0)(export)
	if err := bounds.Check(export); err == nil {
		t.Error("a bias of zeros under another recipe is taken")
	}
}

func TestBoundsLetUnusualExportsPass(t *testing.T) {
	for name, unusual := range map[string]func(Export){
		"scales of almost 0":   setScales(1e-5),
		"scales of 0":          setScales(0),
		"the smallest fp16":    setScales(0x1p-24),
		"larger scales":        setScales(2),
		"folded gains":         fill("model.layers.0.input_layernorm.weight", constant(1)),
		"a final norm of 3":    fill(llama.FinalNorm, constant(3)),
		"gains of 0":           fill(llama.FinalNorm, constant(0)),
		"subnormal gains":      fill(llama.FinalNorm, constant(1e-40)),
		"a sharper embedding":  func(e Export) { scaleBy(e.Dense[llama.Embedding], 2) },
		"a flatter embedding":  func(e Export) { scaleBy(e.Dense[llama.Embedding], 0.1) },
		"-0 in an embedding":   func(e Export) { e.Dense[llama.Embedding][0] = float32(math.Copysign(0, -1)) },
		"all codes 0":          func(e Export) { clear(e.Layers[upProjection].Codes) },
		"Tequila at its most":  tequila(1),
		"a wider dead zone":    tequila(1.2),
		"the smallest of bias": func(e Export) { tequila(0)(e); e.Layers[upProjection].Bias[0] = 1e-44 },
	} {
		t.Run(name, func(t *testing.T) {
			model, bounds := nano(t)
			for _, group := range []int{64, 128, 256, 1 << 20} {
				export := rounded(model, group)
				unusual(export)
				if err := bounds.Check(export); err != nil {
					t.Errorf("groups of %d: %v", group, err)
				}
			}
		})
	}
}

func scaleBy(values []float32, factor float32) {
	for i := range values {
		values[i] *= factor
	}
}

// The scales of inputs are what calibration can give, and nothing else.
func TestBoundsOfInputScales(t *testing.T) {
	model, bounds := nano(t)
	largest := map[string]float32{ // seen in trainings of nano, in units of 1/127
		"self_attn.q_proj.weight": 7, "self_attn.o_proj.weight": 3, "mlp.gate_proj.weight": 5, "mlp.down_proj.weight": 40,
	}
	for input, value := range largest {
		for scale, fits := range map[float32]bool{
			SmallestInput / 127: true, value / 127: true,
			1e-30: false, 1e-9: false, float32(math.Inf(1)): false, float32(math.NaN()): false, 1e4: false, 1e30: false, 1e-44: false, -1: false,
		} {
			export := rounded(model, 64)
			export.Activations = Activations{Bits: 8, PerChannel: true}
			for name, layer := range export.Layers {
				layer.Inputs = slices.Repeat([]float32{1. / 127}, layer.In)
				export.Layers[name] = layer
			}
			name := "model.layers.1." + input
			export.Layers[name].Inputs[7] = scale
			err := bounds.Check(export)
			if fits && err != nil {
				t.Error(err)
			}
			if !fits && (err == nil || !strings.Contains(err.Error(), strings.TrimSuffix(name, ".weight")+".input_scales: scale 7 is")) {
				t.Errorf("%s with a scale of %g: error %v", input, scale, err)
			}
		}
	}
}

// What is read row by row is what lies in memory.
func TestReadBoundsSeesAllOfASmallModel(t *testing.T) {
	model, read := nano(t)
	for name, want := range ModelBounds(model).start {
		got := read.start[name]
		isDense := name == llama.Embedding || strings.HasSuffix(name, "norm.weight")
		if isDense && got != want {
			t.Errorf("%s: read %+v, want %+v", name, got, want)
		}
		if ratio := got.rms() / want.rms(); ratio < 0.9 || ratio > 1.1 {
			t.Errorf("%s: rms of a sample %g, of all %g", name, got.rms(), want.rms())
		}
	}
	folder := t.TempDir()
	if err := WriteModel(folder, model); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(folder, weightsFile), 1000); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadBounds(os.DirFS(folder)); err == nil {
		t.Error("bounds of a truncated model")
	}
}

func TestBits(t *testing.T) {
	export := perChannelExport()
	bits := export.Bits()
	const weights = 2*64*64 + 2*32*64 + 3*64*128
	const outputs, inputs = 64 + 32 + 32 + 64 + 128 + 128 + 64, 4*64 + 2*64 + 128
	want := contract.Bits{
		Weights: weights, Parameters: weights + 11*64 + 3*64,
		Codes: weights * math.Log2(3), Scales: weights / 64 * 16, Biases: 32 * outputs, InputScales: 32 * inputs,
		Embedding: 32 * 11 * 64, Norms: 32 * 3 * 64,
	}
	want.PerWeight = (want.Codes + want.Scales + want.Biases + want.InputScales) / weights
	want.Total = want.PerWeight*weights + want.Embedding + want.Norms
	want.PerParameter = want.Total / float64(want.Parameters)
	if diff := cmp.Diff(want, bits, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
		t.Errorf("bits (-want +got):\n%s", diff)
	}
	for name, layer := range export.Layers {
		layer.Bias, layer.Inputs = nil, nil
		export.Layers[name] = layer
	}
	if got := export.Bits().PerWeight; math.Abs(got-(math.Log2(3)+0.25)) > 1e-9 {
		t.Errorf("%g bits per weight in groups of 64, want 1.835", got)
	}
}
