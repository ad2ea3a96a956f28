package evaluate_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/checkpoint"
	"github.com/ternlab/ternlab/trainer/evaluate"
	"github.com/ternlab/ternlab/trainer/llama"
	"github.com/ternlab/ternlab/trainer/prepare"
)

// smolLM2 is what transformers makes of a real file; see
// ../testdata/smollm2_golden.py, which also tells how to get the file.
type smolLM2 struct {
	FileSHA256 string `json:"file_sha256"`

	Pieces, Spaces []string
	Ranges         [][2]int
	Seed           uint64
	TextBytes      int    `json:"text_bytes"`
	TextSHA256     string `json:"text_sha256"`
	Tokens         int
	IDsSHA256      string `json:"ids_sha256"`

	Stride  int
	Prompts []struct {
		Text   string
		IDs    []int32
		Logits []float64 // at the last position, every Stride-th
		Best   int
	}

	Context, Windows int
	EvalPPL          float64 `json:"eval_ppl"`
}

// TestSmolLM2AgreesWithTransformers reads a real model of 135 million parameters
// from a GGUF file and compares token ids, logits and perplexity.
func TestSmolLM2AgreesWithTransformers(t *testing.T) {
	const variable = "TERNLAB_SMOLLM2_GGUF"
	path := os.Getenv(variable)
	if path == "" {
		t.Skipf("%s is not set: it names SmolLM2-135M-Instruct.Q4_1.gguf, see trainer/testdata/smollm2_golden.py", variable)
	}
	golden := readSmolLM2(t, path)
	source, err := prepare.OpenPretrained(path)
	if err != nil {
		t.Fatal(err)
	}
	tokenizer, err := source.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	weights, err := source.Model()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("tokens", func(t *testing.T) { golden.compareTokens(t, tokenizer) })
	engine := fastest(t, weights.Config.NumParameters())
	t.Run("logits", func(t *testing.T) { golden.compareLogits(t, engine, tokenizer, weights) })
	t.Run("perplexity", func(t *testing.T) { golden.comparePerplexity(t, engine, tokenizer, weights) })
}

func readSmolLM2(t *testing.T, path string) smolLM2 {
	t.Helper()
	data, err := os.ReadFile("../testdata/smollm2.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden smolLM2
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%x", sum.Sum(nil)); got != golden.FileSHA256 {
		t.Fatalf("%s has the checksum %s, want %s: it is another file", path, got, golden.FileSHA256)
	}
	return golden
}

// fastest is xla where it can be opened; the go backend takes a minute.
func fastest(t *testing.T, parameters int) compute.Backend {
	t.Helper()
	engine, err := backend.Open(backend.XLA, parameters)
	if err != nil {
		t.Logf("the go backend is used: %v", err)
		return goBackend(t)
	}
	return engine.Backend
}

// nanoText is one of the nano preset's texts.
func nanoText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../prepare/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (g smolLM2) compareTokens(t *testing.T, tokenizer prepare.Tokenizer) {
	t.Helper()
	text := g.mixedText(nanoText(t, "nano/train.txt"))
	if got := fmt.Sprintf("%x", sha256.Sum256([]byte(text))); got != g.TextSHA256 {
		t.Fatal("the text is another than smollm2_golden.py's; were nano's texts made anew? Then run it again")
	}
	tokens := tokenizer.Encode(text)
	var stream []byte
	for _, id := range tokens.IDs {
		stream = binary.LittleEndian.AppendUint32(stream, uint32(id))
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(stream)); got != g.IDsSHA256 {
		t.Errorf("%d tokens with checksum %s, want %d with %s", len(tokens.IDs), got, g.Tokens, g.IDsSHA256)
	}
}

// mixedText draws text from prose, code, many scripts, digits and spaces, as
// mixed_text of smollm2_golden.py does.
func (g smolLM2) mixedText(prose string) string {
	state := g.Seed
	below := func(n int) int { // Knuth's MMIX generator; the upper bits are used
		state = state*6364136223846793005 + 1442695040888963407
		return int((state >> 33) % uint64(n))
	}
	letters := []rune(prose)
	var text strings.Builder
	for text.Len() < g.TextBytes {
		switch below(6) {
		case 0:
			start := below(len(letters) - 600)
			text.WriteString(string(letters[start : start+1+below(600)]))
		case 1:
			text.WriteString(g.Pieces[below(len(g.Pieces))])
		case 2:
			for range 1 + below(12) {
				fmt.Fprint(&text, below(10))
			}
		case 3:
			space := g.Spaces[below(len(g.Spaces))]
			text.WriteString(strings.Repeat(space, 1+below(9)))
		case 4:
			letters := g.Ranges[below(len(g.Ranges))]
			for range 1 + below(8) {
				text.WriteRune(rune(letters[0] + below(letters[1]-letters[0]+1)))
			}
		default:
			text.WriteByte(' ')
		}
	}
	return text.String()
}

func (g smolLM2) compareLogits(t *testing.T, engine compute.Backend, tokenizer prepare.Tokenizer, weights checkpoint.Model) {
	t.Helper()
	const length = 48 // of all rows; what is behind a prompt changes nothing before it
	rows := make([][]int32, len(g.Prompts))
	for i, prompt := range g.Prompts {
		rows[i] = tokenizer.Encode(prompt.Text).IDs
		if fmt.Sprint(rows[i]) != fmt.Sprint(prompt.IDs) {
			t.Fatalf("%q has the tokens %v, want %v", prompt.Text, rows[i], prompt.IDs)
		}
		rows[i] = append(rows[i], make([]int32, length-len(rows[i]))...)
	}
	all := networkLogits(t, engine, weights, rows)
	vocab := weights.Config.VocabSize
	var largest float64
	for i, prompt := range g.Prompts {
		last := i*length + len(prompt.IDs) - 1
		logits := all[last*vocab : (last+1)*vocab]
		best := 0
		for id, logit := range logits {
			if logit > logits[best] {
				best = id
			}
			if id%g.Stride == 0 {
				largest = max(largest, math.Abs(float64(logit)-prompt.Logits[id/g.Stride]))
			}
		}
		if best != prompt.Best {
			t.Errorf("%q goes on with token %d, want %d", prompt.Text, best, prompt.Best)
		}
	}
	t.Logf("logits differ by at most %.1e", largest)
	if largest > 1e-3 {
		t.Errorf("logits differ by %g, want at most 0.001", largest)
	}
}

// networkLogits runs the full-precision network on rows of equal length.
func networkLogits(t *testing.T, engine compute.Backend, weights checkpoint.Model, rows [][]int32) []float32 {
	t.Helper()
	store := model.NewStore()
	for _, tensor := range weights.Config.Tensors() {
		value := tensors.FromFlatDataAndDimensions(weights.Weights[tensor.Name], tensor.Shape...)
		if _, err := store.RootScope().CreateVariable(tensor.Name, value); err != nil {
			t.Fatal(err)
		}
	}
	output, err := model.CallOnce(engine, store, func(scope *model.Scope, tokens *graph.Node) *graph.Node {
		node := func(name string) *graph.Node { return scope.GetVariable(name).NodeValue(tokens.Graph()) }
		return weights.Config.Logits(node, llama.Dense, tokens)
	}, rows)
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float32](output)
}

func (g smolLM2) comparePerplexity(t *testing.T, engine compute.Backend, tokenizer prepare.Tokenizer, weights checkpoint.Model) {
	t.Helper()
	tokens := tokenizer.Encode(nanoText(t, "unseen/eval.txt"))
	tokens.IDs, tokens.Bytes = tokens.IDs[:g.Context*g.Windows], tokens.Bytes[:g.Context*g.Windows]
	evaluator, err := evaluate.New(engine, evaluate.Network{Config: weights.Config}, tokens, g.Context)
	if err != nil {
		t.Fatal(err)
	}
	got, err := evaluator.Measure(evaluate.ModelWeights(weights))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("eval_ppl is %.6f, that of transformers %.6f", got.EvalPPL, g.EvalPPL)
	if math.Abs(got.EvalPPL-g.EvalPPL) > 1e-3*g.EvalPPL {
		t.Errorf("eval_ppl is %v, want %v", got.EvalPPL, g.EvalPPL)
	}
}
