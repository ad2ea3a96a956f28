package llama

import (
	"fmt"
	"os"
	"runtime/pprof"
	"strconv"
	"testing"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	_ "github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

func envInt(n string, d int) int {
	if v, err := strconv.Atoi(os.Getenv(n)); err == nil {
		return v
	}
	return d
}

func TestZBench(t *testing.T) {
	c := Config{ModelType: "llama", HiddenSize: envInt("H", 128), IntermediateSize: envInt("F", 384), NumHiddenLayers: envInt("L", 2), NumAttentionHeads: envInt("HEADS", 4), NumKeyValueHeads: envInt("KV", 2), VocabSize: envInt("V", 512), MaxPositionEmbeddings: 256, RopeTheta: 10000, RMSNormEps: 1e-5, TieWordEmbeddings: true}
	B, S := envInt("B", 8), envInt("S", 64)
	backend, err := compute.NewWithConfig("go:ops_sequential")
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	for _, ts := range c.Tensors() {
		data := make([]float32, ts.Size())
		for i := range data {
			data[i] = float32((i*7919)%1000-500) / 5000
		}
		store.RootScope().CreateVariable(ts.Name, tensors.FromFlatDataAndDimensions(data, ts.Shape...))
		if os.Getenv("FWD") == "" {
			store.RootScope().CreateVariable("m_"+ts.Name, tensors.FromFlatDataAndDimensions(make([]float32, len(data)), ts.Shape...))
			store.RootScope().CreateVariable("v_"+ts.Name, tensors.FromFlatDataAndDimensions(make([]float32, len(data)), ts.Shape...))
		}
	}
	bit := func(name string, x, w *Node) *Node {
		out, in := w.Shape().Dim(0), w.Shape().Dim(1)
		g := Reshape(w, out*in/64, 64)
		scale := ReduceAndKeep(Abs(g), ReduceMean, -1)
		codes := ClipScalar(Round(Div(g, scale)), -1, 1)
		q := Reshape(Mul(codes, scale), out, in)
		return Dense(name, x, Add(w, StopGradient(MulScalar(Sub(q, w), 0.5))))
	}
	fmt.Println("params", c.NumParameters())
	exec := model.MustNewExec(backend, store, func(scope *model.Scope, tokens, targets *Node) *Node {
		g := tokens.Graph()
		w := func(n string) *Node { return scope.GetVariable(n).NodeValue(g) }
		logits := c.Logits(w, bit, tokens)
		logits = logits
		var loss *Node
		if os.Getenv("LOSS") == "gather" {
			lse := Log(ReduceSum(Exp(logits), -1))
			emb := Gather(w(Embedding), Reshape(targets, B*S, 1))
			_ = emb
			loss = ReduceAllMean(lse)
		} else {
			max := StopGradient(ReduceAndKeep(logits, ReduceMax, -1))
			shifted := Sub(logits, max)
			lse := Log(ReduceSum(Exp(shifted), -1))
			oh := OneHot(Reshape(targets, B*S), c.VocabSize, dtypes.Float32)
			pick := ReduceSum(Mul(shifted, oh), -1)
			loss = ReduceAllMean(Sub(lse, pick))
		}
		if os.Getenv("FWD") != "" {
			return loss
		}
		var ps []*Node
		for _, ts := range c.Tensors() {
			ps = append(ps, w(ts.Name))
		}
		grads := Gradient(loss, ps...)
		for i, ts := range c.Tensors() {
			mv, vv := scope.GetVariable("m_"+ts.Name), scope.GetVariable("v_"+ts.Name)
			m := Add(MulScalar(mv.NodeValue(g), 0.9), MulScalar(grads[i], 0.1))
			v := Add(MulScalar(vv.NodeValue(g), 0.95), MulScalar(Square(grads[i]), 0.05))
			mv.SetNodeValue(m)
			vv.SetNodeValue(v)
			upd := Div(m, AddScalar(Sqrt(v), 1e-8))
			scope.GetVariable(ts.Name).SetNodeValue(Sub(ps[i], MulScalar(upd, 1e-4)))
		}
		return loss
	})
	toks := make([]int32, B*S)
	for i := range toks {
		toks[i] = int32((i * 31) % c.VocabSize)
	}
	x := tensors.FromFlatDataAndDimensions(toks, B, S)
	t0 := time.Now()
	exec.MustCall(x, x)
	fmt.Println("first", time.Since(t0))
	f, _ := os.Create("/tmp/bench/cpu.prof")
	pprof.StartCPUProfile(f)
	t0 = time.Now()
	n := 10
	for range n {
		exec.MustCall(x, x)
	}
	pprof.StopCPUProfile()
	fmt.Println("step", time.Since(t0)/time.Duration(n))
}
