package prepare_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/trainer/prepare"
)

func nano(t *testing.T) prepare.Preset {
	t.Helper()
	preset, err := prepare.Open(prepare.Nano)
	if err != nil {
		t.Fatal(err)
	}
	return preset
}

func TestNanoIsWhole(t *testing.T) {
	preset := nano(t)
	model, err := preset.Model()
	if err != nil {
		t.Fatal(err)
	}
	if n := model.Config.NumParameters(); n < 300_000 || n > 1_000_000 {
		t.Errorf("nano has %d parameters, want 0.3 to 1 million", n)
	}
	train, err := preset.TrainTokens()
	if err != nil {
		t.Fatal(err)
	}
	eval, err := preset.EvalTokens()
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]int32, train.Len())
	train.Copy(ids, 0)
	for _, id := range slices.Concat(ids, eval.IDs) {
		if id < 0 || int(id) >= model.Config.VocabSize {
			t.Fatalf("token %d is outside the vocabulary of %d", id, model.Config.VocabSize)
		}
	}
	if train.Len() < 100_000 || len(eval.IDs) < 5_000 {
		t.Errorf("nano has %d training and %d evaluation tokens", train.Len(), len(eval.IDs))
	}
}

func TestTokenBytesAddUpToTheText(t *testing.T) {
	tokenizer, err := prepare.ReadTokenizer(nano(t).Folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "x", "The river Aur is 48 km long.\n\n\n = Höhe = \n\n  two  spaces", "emoji 🦉, NUL \x00, tab\t", strings.Repeat("owl ", 100)} {
		total := 0
		for _, length := range tokenizer.Encode(text).Bytes {
			total += length
		}
		if total != len(text) {
			t.Errorf("tokens of %q stand for %d bytes, want %d", text, total, len(text))
		}
	}
	special := tokenizer.Encode("<|endoftext|>")
	if len(special.IDs) != 1 || special.Bytes[0] != 0 {
		t.Errorf("the special token becomes %v of %v bytes, want one of 0", special.IDs, special.Bytes)
	}
}

func TestOpenRefusesUnknownPresets(t *testing.T) {
	for _, name := range []string{"", "nanoo", "../nano"} {
		if _, err := prepare.Open(name); !errors.Is(err, prepare.ErrUnknownPreset) || !strings.Contains(err.Error(), "nano") {
			t.Errorf("preset %q: error %v, want one that names nano", name, err)
		}
	}
}

func TestBatchesDependOnTheSeedAlone(t *testing.T) {
	tokens := make(prepare.IDs, 1000)
	for i := range tokens {
		tokens[i] = int32(i)
	}
	draw := func(seed uint64) []int32 {
		batches, err := prepare.NewBatches(tokens, 2, 5, seed)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Concat(batches.Next(), batches.Next())
	}
	first := draw(1)
	if !slices.Equal(first, draw(1)) {
		t.Error("the same seed gave other batches")
	}
	if slices.Equal(first, draw(2)) {
		t.Error("another seed gave the same batches")
	}
	if len(first) != 2*2*6 {
		t.Fatalf("two batches have %d tokens, want %d", len(first), 2*2*6)
	}
	for i, token := range first {
		if i%6 != 0 && token != first[i-1]+1 {
			t.Fatalf("row %d is not a run of the text", i/6)
		}
	}
}

func TestBatchesReachTheWholeText(t *testing.T) {
	batches, err := prepare.NewBatches(prepare.IDs{0, 1, 2, 3}, 1, 2, 7)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int32]bool{}
	for range 100 {
		for _, token := range batches.Next() {
			seen[token] = true
		}
	}
	if len(seen) != 4 {
		t.Errorf("100 batches reached %d of 4 tokens", len(seen))
	}
}

func TestNewBatchesRefuses(t *testing.T) {
	for _, shape := range [][2]int{{0, 4}, {1, 0}, {1, 10}} {
		if _, err := prepare.NewBatches(make(prepare.IDs, 10), shape[0], shape[1], 1); err == nil {
			t.Errorf("batches of %d x %d from 10 tokens were accepted", shape[0], shape[1])
		}
	}
}
