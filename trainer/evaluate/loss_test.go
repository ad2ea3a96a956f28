package evaluate

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// lossesOf computes the losses [targets] of some targets under the same logits.
func lossesOf(tb testing.TB, engine compute.Backend) func(logits []float32, targets ...int32) []float32 {
	tb.Helper()
	exec, err := NewExec(engine, func(logits, targets *Node) *Node {
		rows, vocab := targets.Shape().Dim(0), logits.Shape().Dim(0)
		return negativeLogLikelihoods(BroadcastToDims(InsertAxes(logits, 0), rows, vocab), targets)
	})
	if err != nil {
		tb.Fatal(err)
	}
	return func(logits []float32, targets ...int32) []float32 {
		outputs, err := exec.Call(logits, targets)
		if err != nil {
			tb.Fatal(err)
		}
		return tensors.MustCopyFlatData[float32](outputs[0])
	}
}

// all are the targets that there could be.
func all(vocab int) []int32 {
	targets := make([]int32, vocab)
	for i := range targets {
		targets[i] = int32(i)
	}
	return targets
}

// checkLosses says whether losses of targets are what logits [vocab] say, and whether
// exp(-loss) of all of them adds up to 1 where all are there.
func checkLosses(tb testing.TB, logits, losses []float32, targets []int32) {
	tb.Helper()
	highest, normalizer, sum := math.Inf(-1), 0.0, 0.0
	for _, logit := range logits {
		highest = math.Max(highest, float64(logit))
	}
	for _, logit := range logits {
		normalizer += math.Exp(float64(logit) - highest)
	}
	for i, loss := range losses {
		want := highest - float64(logits[targets[i]]) + math.Log(normalizer)
		if !(loss >= 0) || (math.Abs(float64(loss)-want) > 4e-5+1e-6*want && want <= math.MaxFloat32) {
			tb.Fatalf("the loss of logit %v, of which the highest is %v, is %v, want %v", logits[targets[i]], highest, loss, want)
		}
		sum += math.Exp(-float64(loss))
	}
	if len(losses) == len(logits) && math.Abs(sum-1) > 4e-5 {
		tb.Fatalf("exp(-loss) adds up to %v, want 1; the highest logit is %v", sum, highest)
	}
}

// TestLossesAreNegativeLogLikelihoods holds losses to what they are, for logits of
// all sizes: none is below 0, and exp(-loss) adds up to 1 over all targets.
func TestLossesAreNegativeLogLikelihoods(t *testing.T) {
	onBackends(t, func(t *testing.T, engine compute.Backend) {
		t.Helper()
		random, losses := rand.New(rand.NewPCG(7, 8)), lossesOf(t, engine)
		for _, vocab := range []int{2, 31, 512} {
			for _, size := range []float32{1e-45, 1e-20, 1e-3, 1, 1e3, 1e6, 1e12, 1e18, 1e24, 1e30} {
				for _, offset := range []float32{0, 1, -1e4, 1e7, -1e9, 1e20} {
					logits := someLogits(random, vocab, size, offset)
					checkLosses(t, logits, losses(logits, all(vocab)...), all(vocab))
				}
			}
		}
	})
}

// someLogits are logits of a size around an offset; some have ties, some tokens that
// are never predicted.
func someLogits(random *rand.Rand, vocab int, size, offset float32) []float32 {
	logits := make([]float32, vocab)
	for i := range logits {
		logits[i] = offset + size*float32(random.NormFloat64())
	}
	switch random.IntN(4) {
	case 0:
		for i := range logits {
			logits[i] = logits[i%3%vocab]
		}
	case 1:
		for range vocab / 2 {
			logits[1+random.IntN(vocab-1)] = float32(math.Inf(-1))
		}
	}
	return logits
}

// TestLossesOfALargeVocabulary has logits whose normalizer is a sum of very many small
// numbers, behind a large one that they would be lost beside.
func TestLossesOfALargeVocabulary(t *testing.T) {
	onBackends(t, func(t *testing.T, engine compute.Backend) {
		t.Helper()
		losses := lossesOf(t, engine)
		for _, low := range []float32{0, -1, -9, -16.8, -17.3, -18, -30, float32(math.Inf(-1))} {
			logits := slices.Repeat([]float32{low}, 49152)
			logits[0] = 0
			checkLosses(t, logits, losses(logits, 0, 1, 49151), []int32{0, 1, 49151})
		}
	})
}

// TestLossesOfNoNumbersAreNone has a logit of +Inf or NaN in every place that counts.
func TestLossesOfNoNumbersAreNone(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	onBackends(t, func(t *testing.T, engine compute.Backend) {
		t.Helper()
		losses := lossesOf(t, engine)
		for _, logits := range [][]float32{
			{inf, 0, 0, 0},
			{0, inf, 0, 0},
			{0, 0, 0, inf},
			{inf, inf, inf, inf},
			{nan, 0, 0, 0},
			{0, 0, 0, nan},
			{nan, nan, nan, nan},
			{inf, nan, 0, -inf},
			{-inf, -inf, -inf, -inf},
			{nan, -inf, -inf, -inf},
		} {
			for target, loss := range losses(logits, all(4)...) {
				if !math.IsNaN(float64(loss)) && !math.IsInf(float64(loss), 0) {
					t.Errorf("logits %v: the loss of target %d is %v, want none", logits, target, loss)
				}
			}
		}
	})
}

// FuzzLosses takes logits as the bits of float32.
func FuzzLosses(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{0xff, 0xff, 0x7f, 0x7f, 0xff, 0xff, 0x7f, 0xff, 0, 0, 0x80, 0x3f})
	f.Add([]byte{0, 0, 0x80, 0xff, 0, 0, 0x80, 0x7f, 0, 0, 0xc0, 0x7f})
	engine := goBackend(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		var logits []float32
		finite := true
		for chunk := range slices.Chunk(data[:len(data)/4*4], 4) {
			logit := math.Float32frombits(binary.LittleEndian.Uint32(chunk))
			logits = append(logits, logit)
			finite = finite && logit <= math.MaxFloat32 // not NaN, not +Inf
		}
		if len(logits) < 1 || len(logits) > 64 {
			return
		}
		losses := lossesOf(t, engine)(logits, all(len(logits))...)
		if finite && slices.ContainsFunc(logits, func(logit float32) bool { return !math.IsInf(float64(logit), -1) }) {
			checkLosses(t, logits, losses, all(len(logits)))
			return
		}
		for target, loss := range losses {
			if !math.IsNaN(float64(loss)) && !math.IsInf(float64(loss), 0) {
				t.Errorf("logits %v: the loss of target %d is %v, want none", logits, target, loss)
			}
		}
	})
}

// TestSumsRefuse has losses that can't be any.
func TestSumsRefuse(t *testing.T) {
	model, text, context := nano(t, 17)
	evaluator, err := New(goBackend(t), ModelNetwork(model), text, context)
	if err != nil {
		t.Fatal(err)
	}
	batches := evaluator.batches(17)
	for _, c := range []struct {
		value         float32
		window, token int
		want          string
	}{
		{1, 3, 5, ""},
		{0, 3, 5, ""},
		{-5e-7, 3, 5, ""},
		{-2e-6, 3, 5, "window 3: the loss of token 5 is -2e-06"},
		{-40, 16, 127, "window 16: the loss of token 127 is -40"},
		{float32(math.NaN()), 0, 1, "window 0: the loss of token 1 is NaN"},
		{float32(math.Inf(1)), 8, 64, "window 8: the loss of token 64 is +Inf"},
		{float32(math.Inf(-1)), 8, 64, "window 8: the loss of token 64 is -Inf"},
		{float32(math.NaN()), 3, 128, ""}, // of what follows a window's last token
	} {
		var losses [][]float32
		for range batches {
			losses = append(losses, repeat(8*context, 1))
		}
		losses[c.window/8][c.window%8*context+c.token-1] = c.value
		sums, err := evaluator.sums(batches, losses)
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v: error is %v, want %q", c.value, err, c.want)
			}
			continue
		}
		want := float64(17*(context-1)) - 1 + float64(c.value)
		if c.token == context {
			want = float64(17 * (context - 1))
		}
		nats := 0.0
		for _, sum := range sums {
			nats += sum
		}
		if err != nil || len(sums) != 17 || nats != want {
			t.Errorf("%v at token %d: the sum is %v, %v, want %v", c.value, c.token, nats, err, want)
		}
	}
}
