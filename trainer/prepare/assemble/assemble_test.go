package assemble_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gofrs/flock"
	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/trainer/prepare"
	"github.com/ternlab/ternlab/trainer/prepare/assemble"
)

func TestPreparedPresetIsWhole(t *testing.T) {
	server, o := newServer(t), options(t)
	mustRun(t, server, o)
	preset := open(t, o.Data)
	if _, err := preset.Model(); err != nil {
		t.Error(err)
	}
	tokenizer, err := preset.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	eval, err := preset.EvalTokens()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tokenizer.Encode(strings.Join(wikiRows, "\n\n")), eval); diff != "" {
		t.Errorf("evaluation text (-want +got):\n%s", diff)
	}
	if ids := trainIDs(t, o.Data); len(ids) != o.TrainTokens {
		t.Errorf("%d training tokens, want %d", len(ids), o.TrainTokens)
	}
	data, err := os.ReadFile(filepath.Join(o.Data, evalFile))
	if err != nil {
		t.Fatal(err)
	}
	text, err := prepare.ParseEvalText(data)
	if err != nil {
		t.Fatal(err)
	}
	want := prepare.Source{Repository: "Salesforce/wikitext", Revision: evalCommit, Files: []string{"wikitext-2-raw-v1/test-00000-of-00001.parquet"}}
	if diff := cmp.Diff(want, text.Source); diff != "" {
		t.Errorf("source (-want +got):\n%s", diff)
	}
	var names []string
	for name := range contents(t, o.Data) {
		names = append(names, name)
	}
	if len(names) != 7 {
		t.Errorf("files %v, want 7: model, tokenizer, texts and plan", names)
	}
}

// All stories come, each once, with an end-of-text token after it.
func TestAllStoriesCome(t *testing.T) {
	server, o := newServer(t), options(t)
	o.TrainTokens = 0
	mustRun(t, server, o)
	tokenizer, err := open(t, o.Data).Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	for file := range 3 {
		for _, story := range storiesOf(file) {
			if strings.TrimSpace(story) != "" {
				want[fmt.Sprint(tokenizer.Encode(story).IDs)]++
			}
		}
	}
	got := map[string]int{}
	var story []int32
	for _, id := range trainIDs(t, o.Data) {
		if end, _ := tokenizer.EndOfText(); id == end {
			got[fmt.Sprint(story)]++
			story = nil
			continue
		}
		story = append(story, id)
	}
	if diff := cmp.Diff(want, got); diff != "" || len(story) > 0 {
		t.Errorf("%d tokens after the last end, stories (-want +got):\n%.2000s", len(story), diff)
	}
	info, err := os.ReadFile(filepath.Join(o.Data, prepare.SmolLM, prepare.TrainInfoFile))
	if err != nil {
		t.Fatal(err)
	}
	if parsed, err := prepare.ParseTrainInfo(info); err != nil || parsed.Documents != len(want) || len(parsed.Source.Files) != 3 {
		t.Errorf("%+v, error %v; want %d documents of 3 files", parsed, err, len(want))
	}
}

func TestOrderDependsOnTheSeedAlone(t *testing.T) {
	server, first, again, other := newServer(t), options(t), options(t), options(t)
	other.Seed = 2
	for _, o := range []assemble.Options{first, again, other} {
		mustRun(t, server, o)
	}
	if diff := cmp.Diff(contents(t, first.Data), contents(t, again.Data)); diff != "" {
		t.Errorf("the same seed gave other files:\n%.2000s", diff)
	}
	if cmp.Equal(trainIDs(t, first.Data), trainIDs(t, other.Data)) {
		t.Error("another seed gave the same order")
	}
}

// However often it is stopped, or the connection breaks, the files end up the
// same.
func TestInterruptedRunsEndInTheSameBytes(t *testing.T) {
	server, straight, halting := newServer(t), options(t), options(t)
	straight.TrainTokens, halting.TrainTokens = 50_000, 50_000
	mustRun(t, server, straight)
	var transfers atomic.Int32
	server.CutAfter = func(string) int {
		if transfers.Add(1)%3 == 0 {
			return 0
		}
		return 4_000
	}
	stops := 0
	for {
		ctx, cancel := context.WithCancel(t.Context())
		updates := 0
		err := run(ctx, t, server, halting, func() {
			if updates++; updates > 14+stops/4 { // a little further each time
				cancel()
			}
		})
		cancel()
		if err == nil {
			break
		}
		appendJunk(t, filepath.Join(halting.Data, prepare.SmolLM, "train.tokens.part"))
		if stops++; !errors.Is(err, context.Canceled) || stops > 500 {
			t.Fatalf("stopped %d times, error %v", stops, err)
		}
	}
	if stops < 10 {
		t.Fatalf("stopped %d times only", stops)
	}
	if diff := cmp.Diff(contents(t, straight.Data), contents(t, halting.Data)); diff != "" {
		t.Errorf("the files differ after %d interruptions:\n%.2000s", stops, diff)
	}
}

// appendJunk is what a program that died may leave behind.
func appendJunk(t *testing.T, name string) {
	t.Helper()
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.WriteString("junk")
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestSecondRunNeedsNoHub(t *testing.T) {
	server, o := newServer(t), options(t)
	mustRun(t, server, o)
	before, requests := contents(t, o.Data), len(server.Requests())
	mustRun(t, server, o)
	if diff := cmp.Diff(before, contents(t, o.Data)); diff != "" {
		t.Errorf("the second run changed files:\n%.2000s", diff)
	}
	if n := len(server.Requests()) - requests; n != 0 {
		t.Errorf("the second run made %d requests", n)
	}
}

func TestDamageIsMended(t *testing.T) {
	server, o := newServer(t), options(t)
	mustRun(t, server, o)
	want := contents(t, o.Data)
	for name := range want {
		for _, damage := range []func(string) error{os.Remove, func(file string) error { return os.WriteFile(file, []byte("junk"), 0o644) }} {
			if err := damage(filepath.Join(o.Data, name)); err != nil {
				t.Fatal(err)
			}
			mustRun(t, server, o)
			if diff := cmp.Diff(want, contents(t, o.Data)); diff != "" {
				t.Errorf("%s damaged: the files differ:\n%.2000s", name, diff)
			}
		}
	}
}

func TestOtherOptionsMakeAnotherText(t *testing.T) {
	server, o := newServer(t), options(t)
	mustRun(t, server, o)
	before := trainIDs(t, o.Data)
	o.TrainTokens = 40_000
	mustRun(t, server, o)
	after := trainIDs(t, o.Data)
	if len(after) != 40_000 || !cmp.Equal(before, after[:len(before)]) {
		t.Errorf("%d tokens, want 40000 that begin as before", len(after))
	}
}

func TestFailuresSayWhatToDo(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(t *testing.T, o *assemble.Options)
		want   []string
	}{
		{"revision of the model", func(_ *testing.T, o *assemble.Options) { o.ModelRevision = "v9" }, []string{"SmolLM-135M", `no revision "v9"`}},
		{"revision of the stories", func(_ *testing.T, o *assemble.Options) { o.TrainRevision = "v8" }, []string{"TinyStories", `no revision "v8"`}},
		{"revision of the evaluation text", func(_ *testing.T, o *assemble.Options) { o.EvalRevision = "v7" }, []string{"wikitext", `no revision "v7"`}},
		{"too little space", func(_ *testing.T, o *assemble.Options) { o.TrainTokens = 1 << 50 }, []string{"MB are left", "--data"}},
		{"a file in the way", func(t *testing.T, o *assemble.Options) {
			t.Helper()
			o.Data = filepath.Join(o.Data, "file")
			if err := os.WriteFile(o.Data, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}, []string{"make data folder", "file"}},
		{"two at once", func(t *testing.T, o *assemble.Options) {
			t.Helper()
			folder := filepath.Join(o.Data, prepare.SmolLM)
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			lock := flock.New(filepath.Join(folder, ".lock"))
			if err := lock.Lock(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = lock.Unlock() })
		}, []string{"another `trainer prepare`"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := options(t)
			test.change(t, &o)
			err := run(t.Context(), t, newServer(t), o, func() {})
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q doesn't say %q", err, want)
				}
			}
		})
	}
}

const evalFile = "wikitext_eval.json"
