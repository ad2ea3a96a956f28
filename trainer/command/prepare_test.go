package command_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/command/doctor"
	"github.com/ternlab/ternlab/trainer/command/measure"
	"github.com/ternlab/ternlab/trainer/command/presets"
	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/contract"
	"github.com/ternlab/ternlab/trainer/prepare"
	"github.com/ternlab/ternlab/trainer/prepare/hub/hubtest"
)

// parquetFile is a file of texts as the hub has them.
func parquetFile(t *testing.T, texts ...string) []byte {
	t.Helper()
	type row struct {
		Text string `parquet:"text"`
	}
	var file bytes.Buffer
	writer := parquet.NewGenericWriter[row](&file)
	for _, text := range texts {
		if _, err := writer.Write([]row{{text}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// serveHub sets HF_ENDPOINT to a hub with small files: nano's model, some
// stories, some prose.
func serveHub(t *testing.T) {
	t.Helper()
	nano, err := prepare.Open(prepare.Nano)
	if err != nil {
		t.Fatal(err)
	}
	model := map[string][]byte{}
	for _, name := range []string{"config.json", "model.safetensors", "tokenizer.json"} {
		if model[name], err = fs.ReadFile(nano.Folder, name); err != nil {
			t.Fatal(err)
		}
	}
	story, prose := strings.Repeat("The owl saw 12 ships. ", 100), strings.Repeat(" The river Ulm is 48 km long . \n", 400)
	server := hubtest.New(t,
		hubtest.Repository{Path: "HuggingFaceTB/SmolLM-135M", Commit: "aaaaaaaaaa", Files: model},
		hubtest.Repository{Path: "datasets/roneneldan/TinyStories", Commit: "bbbbbbbbbb", Files: map[string][]byte{
			"data/train-00000-of-00001.parquet": parquetFile(t, story, story, story),
		}},
		hubtest.Repository{Path: "datasets/Salesforce/wikitext", Commit: "cccccccccc", Files: map[string][]byte{
			"wikitext-2-raw-v1/test-00000-of-00001.parquet": parquetFile(t, "", " = Ulm = \n", prose),
		}})
	t.Setenv("HF_ENDPOINT", server.URL)
	t.Setenv("HF_TOKEN", "")
}

// call runs a command as its command line does.
func call(ctx context.Context, command *cobra.Command, arguments ...string) (stdout, stderr string, err error) {
	var out, errors bytes.Buffer
	command.SilenceErrors, command.SilenceUsage = true, true
	command.SetArgs(arguments)
	command.SetOut(&out)
	command.SetErr(&errors)
	err = command.ExecuteContext(ctx)
	return out.String(), errors.String(), err
}

func smolLM(t *testing.T) prepare.Spec {
	t.Helper()
	spec, err := prepare.FindSpec(prepare.SmolLM)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

func TestPrepareThenEvaluate(t *testing.T) {
	serveHub(t)
	data := t.TempDir()
	t.Setenv("TERNLAB_DATA", data)
	if found := doctor.ExaminePreset(smolLM(t)); found.Status != "warn" || !strings.Contains(found.Detail, "`trainer prepare --preset smollm-135m`") {
		t.Errorf("before preparing the doctor finds %+v", found)
	}
	stdout, stderr, err := call(t.Context(), presets.NewPrepare(), "--train-tokens", "500")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"ready in " + data, "500 tokens", "roneneldan/TinyStories at bbbbbbb", "windows of 2048 tokens (Salesforce/wikitext at ccccccc)"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("printed %q without %q", stdout, want)
		}
	}
	for _, want := range []string{"model.safetensors", "1.8 MB  in", "training tokens", "500  in"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("progress %q without %q", stderr, want)
		}
	}
	if found := doctor.ExaminePreset(smolLM(t)); found.Status != "ok" || !strings.Contains(found.Detail, "500 tokens to train on") {
		t.Errorf("after preparing the doctor finds %+v", found)
	}
	stdout, _, err = call(t.Context(), measure.New("evaluate"), "--preset", "smollm-135m", "--data", data, "--context", "64", "--backend", "go", "--json")
	if err != nil || !strings.Contains(stdout, `"context":64`) {
		t.Errorf("evaluation printed %q, error %v", stdout, err)
	}
	_, stderr, err = call(t.Context(), presets.NewPrepare(), "--train-tokens", "500")
	if err != nil || strings.Contains(stderr, "  in ") || !strings.Contains(stderr, "there already") {
		t.Errorf("the second time the progress was %q, error %v", stderr, err)
	}
}

func TestPrepareRefuses(t *testing.T) {
	serveHub(t)
	for _, test := range []struct {
		arguments []string
		usage     bool
		want      string
	}{
		{[]string{"--preset", "gpt-5"}, true, "smollm-135m"},
		{[]string{"--train-tokens", "-1"}, true, "--train-tokens"},
		{[]string{"--revision", ""}, true, "revisions"},
		{[]string{"now"}, true, "unknown argument"},
		{[]string{"--revision", "v9"}, false, `no revision "v9"`},
	} {
		_, _, err := call(t.Context(), presets.NewPrepare(), append(test.arguments, "--data", t.TempDir())...)
		if err == nil || !strings.Contains(err.Error(), test.want) || (program.ExitCode(err) == contract.ExitUsage) != test.usage {
			t.Errorf("%v: error %v, want one with %q", test.arguments, err, test.want)
		}
	}
	t.Setenv("HF_ENDPOINT", "hub.example")
	if _, _, err := call(t.Context(), presets.NewPrepare(), "--data", t.TempDir()); err == nil || !strings.Contains(err.Error(), "HF_ENDPOINT") {
		t.Errorf("error %v, want one about HF_ENDPOINT", err)
	}
}

func TestNanoNeedsNoPreparing(t *testing.T) {
	stdout, _, err := call(t.Context(), presets.NewPrepare(), "--preset", "nano", "--data", filepath.Join(t.TempDir(), "data"))
	if err != nil || !strings.Contains(stdout, "nothing to prepare") {
		t.Errorf("printed %q, error %v", stdout, err)
	}
}

func TestUnpreparedPresetFailsWithTheCommand(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	_, _, err := call(t.Context(), measure.New("evaluate"), "--preset", "smollm-135m", "--data", data)
	if err == nil || program.ExitCode(err) == contract.ExitUsage || !strings.Contains(err.Error(), "`trainer prepare --preset smollm-135m --data "+data+"`") {
		t.Errorf("error %v, want one that names the command", err)
	}
	if _, err := os.Stat(data); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the data folder was made: %v", err)
	}
}
