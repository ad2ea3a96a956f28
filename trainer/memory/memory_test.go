package memory

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ternlab/ternlab/trainer/llama"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]int64{
		"8GB": 8e9, "512 mb": 512e6, "1.5GiB": 3 << 29, "2000000": 2e6, "100KB": 1e5, "7B": 7, " 3TB ": 3e12, "1TiB": 1 << 40,
	} {
		if got, err := Parse(text); err != nil || got != want {
			t.Errorf("%q is %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "GB", "8 apples", "-1GB", "0", "NaN", "Inf", "1e30", "8GBs", "8,5GB"} {
		if got, err := Parse(text); err == nil || !strings.Contains(err.Error(), "want one such as 8GB") {
			t.Errorf("%q is %d, %v, want an error with an example", text, got, err)
		}
	}
}

func TestAvailable(t *testing.T) {
	meminfo := &fstest.MapFile{Data: []byte("MemTotal:       24000000 kB\nMemAvailable:   20000000 kB\n")}
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for name, test := range map[string]struct {
		files fstest.MapFS
		want  int64
	}{
		"nothing known": {fstest.MapFS{}, 0},
		"no groups":     {fstest.MapFS{"proc/meminfo": meminfo}, 20000000 << 10},
		"second version, limit of the group above": {fstest.MapFS{
			"proc/meminfo": meminfo, "proc/self/cgroup": file("0::/user/app\n"),
			"sys/fs/cgroup/user/memory.max": file("3000000000\n"), "sys/fs/cgroup/user/memory.current": file("1000000000\n"),
			"sys/fs/cgroup/user/app/memory.max": file("max\n"), "sys/fs/cgroup/user/app/memory.current": file("900000000\n"),
		}, 2e9},
		"first version, in a container": {fstest.MapFS{
			"proc/meminfo": meminfo, "proc/self/cgroup": file("9:cpu:/x\n4:memory:/docker/1f\n0::/\n"),
			"sys/fs/cgroup/memory/memory.limit_in_bytes": file("5000000000\n"), "sys/fs/cgroup/memory/memory.usage_in_bytes": file("1000000000\n"),
		}, 4e9},
		"first version, no limit": {fstest.MapFS{
			"proc/meminfo": meminfo, "proc/self/cgroup": file("4:memory:/\n"),
			"sys/fs/cgroup/memory/memory.limit_in_bytes": file("9223372036854771712\n"), "sys/fs/cgroup/memory/memory.usage_in_bytes": file("1\n"),
		}, 20000000 << 10},
		"used up": {fstest.MapFS{
			"proc/meminfo": meminfo, "proc/self/cgroup": file("0::/\n"),
			"sys/fs/cgroup/memory.max": file("1000\n"), "sys/fs/cgroup/memory.current": file("4000\n"),
		}, 0},
	} {
		if got := available(test.files); got != test.want {
			t.Errorf("%s: %d bytes, want %d", name, got, test.want)
		}
	}
}

func smolLM(batch, sequence int) Plan {
	return Plan{
		Config: llama.Config{
			HiddenSize: 576, IntermediateSize: 1536, NumHiddenLayers: 30, NumAttentionHeads: 9, NumKeyValueHeads: 3, VocabSize: 49152,
		},
		Batch: batch, Sequence: sequence, States: 2, ByLayer: true, Plugin: true, Context: 128,
	}
}

func TestCheckSaysWhatWouldFit(t *testing.T) {
	plan := smolLM(64, 1024)
	if err := plan.Check(plan.Peak()); err != nil {
		t.Errorf("exactly enough is refused: %v", err)
	}
	err := plan.Check(10e9)
	if err == nil {
		t.Fatal("64 × 1024 tokens fit in 10 GB")
	}
	for _, want := range []string{"batches of 64 × 1024 tokens need about ", "10.0 GB is the limit", " × 1024 tokens would fit", "AccumulationSteps"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want one with %q", err, want)
		}
	}
	fits, found := plan.Smaller(10e9)
	if !found || fits.Peak() > 10e9 || fits.Batch < 1 || fits.Sequence != 1024 {
		t.Errorf("%d × %d tokens are said to fit, found %v", fits.Batch, fits.Sequence, found)
	}
	double := fits
	double.Batch *= 2
	if double.Peak() <= 10e9 {
		t.Errorf("%d × %d tokens would fit, too", double.Batch, double.Sequence)
	}
	if err := plan.Check(1e9); err == nil || !strings.Contains(err.Error(), "even 1 × 64 tokens need about") {
		t.Errorf("error is %v, want one that says that nothing fits", err)
	}
}

func TestMoreOfAnythingTakesMore(t *testing.T) {
	for _, byLayer := range []bool{true, false} {
		base := smolLM(2, 128)
		base.ByLayer, base.Context = byLayer, 0
		for name, change := range map[string]func(p *Plan){
			"batch": func(p *Plan) { p.Batch = 16 }, "sequence": func(p *Plan) { p.Sequence = 1024 },
			"states": func(p *Plan) { p.States++ }, "layers": func(p *Plan) { p.Config.NumHiddenLayers++ },
			"vocabulary": func(p *Plan) { p.Config.VocabSize *= 2 }, "evaluation": func(p *Plan) { p.Context = 2048; p.States = 2 },
		} {
			more := base
			change(&more)
			if more.Peak() < base.Peak() || name != "evaluation" && more.Peak() == base.Peak() {
				t.Errorf("by layer %v: more %s takes %s, not more than %s", byLayer, name, Format(more.Peak()), Format(base.Peak()))
			}
		}
	}
}
