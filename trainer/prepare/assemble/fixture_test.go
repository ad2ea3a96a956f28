package assemble_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/ternlab/ternlab/trainer/prepare"
	"github.com/ternlab/ternlab/trainer/prepare/assemble"
	"github.com/ternlab/ternlab/trainer/prepare/hub"
	"github.com/ternlab/ternlab/trainer/prepare/hub/hubtest"
)

const (
	modelCommit = "1111111111111111111111111111111111111111"
	trainCommit = "2222222222222222222222222222222222222222"
	evalCommit  = "3333333333333333333333333333333333333333"
)

// wikiRows are the fixture of WikiText-2.
var wikiRows = []string{"", " = Owl = \n", "", strings.Repeat(" The owl saw 12 ships by the old mill . \n", 300), ""}

// storiesOf is the fixture of one file of TinyStories.
func storiesOf(file int) []string {
	var stories []string
	for i := range 700 {
		story := fmt.Sprintf("Story %d of file %d. The owl saw %d ships.\n\nThe end.", i, file, i%13)
		if i%50 == 7 {
			story = " \n"
		}
		stories = append(stories, story)
	}
	return stories
}

func parquetFile(t *testing.T, texts []string) []byte {
	t.Helper()
	var file bytes.Buffer
	type row struct {
		Text string `parquet:"text,optional"`
	}
	writer := parquet.NewGenericWriter[row](&file, parquet.Compression(&parquet.Snappy), parquet.MaxRowsPerRowGroup(250))
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

// newServer is a hub with the repositories that the preset is made of, small:
// the model and its tokenizer are nano's.
func newServer(t *testing.T) *hubtest.Server {
	t.Helper()
	nano, err := prepare.Open(prepare.Nano)
	if err != nil {
		t.Fatal(err)
	}
	model := map[string][]byte{"README.md": []byte("# SmolLM"), "onnx/model.onnx": nil}
	for _, name := range []string{"config.json", "model.safetensors", "tokenizer.json"} {
		if model[name], err = fs.ReadFile(nano.Folder, name); err != nil {
			t.Fatal(err)
		}
	}
	train := map[string][]byte{"TinyStories-train.txt": nil, "data/validation-00000-of-00001-abc.parquet": nil}
	for i := range 3 {
		train[fmt.Sprintf("data/train-%05d-of-00003-abc.parquet", i)] = parquetFile(t, storiesOf(i))
	}
	return hubtest.New(t,
		hubtest.Repository{Path: "HuggingFaceTB/SmolLM-135M", Commit: modelCommit, Files: model},
		hubtest.Repository{Path: "datasets/roneneldan/TinyStories", Commit: trainCommit, Files: train},
		hubtest.Repository{Path: "datasets/Salesforce/wikitext", Commit: evalCommit, Files: map[string][]byte{
			"wikitext-2-raw-v1/test-00000-of-00001.parquet":  parquetFile(t, wikiRows),
			"wikitext-2-raw-v1/train-00000-of-00001.parquet": nil,
			"wikitext-2-v1/test-00000-of-00001.parquet":      nil,
		}})
}

func options(t *testing.T) assemble.Options {
	t.Helper()
	return assemble.Options{
		Data: t.TempDir(), ModelRevision: "main", TrainRevision: "main", EvalRevision: "main", TrainTokens: 30_000, Seed: 1,
	}
}

// progress calls a function at each update.
type progress func()

func (p progress) Begin(string, assemble.Unit, int64, int64) { p() }
func (p progress) Update(int64)                              { p() }
func (p progress) End()                                      {}

func run(ctx context.Context, t *testing.T, server *hubtest.Server, o assemble.Options, report progress) error {
	t.Helper()
	client, err := hub.NewClient(server.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	client.Pause = time.Millisecond
	spec, err := prepare.FindSpec(prepare.SmolLM)
	if err != nil {
		return err
	}
	return assemble.Preset(ctx, client, spec, o, report)
}

func mustRun(t *testing.T, server *hubtest.Server, o assemble.Options) {
	t.Helper()
	if err := run(t.Context(), t, server, o, func() {}); err != nil {
		t.Fatal(err)
	}
}

// contents are all files of a data folder.
func contents(t *testing.T, data string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(data), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Base(name) == ".lock" {
			return err
		}
		content, err := os.ReadFile(filepath.Join(data, name))
		files[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func open(t *testing.T, data string) prepare.Preset {
	t.Helper()
	preset, err := prepare.OpenIn(prepare.SmolLM, data)
	if err != nil {
		t.Fatal(err)
	}
	return preset
}

func trainIDs(t *testing.T, data string) []int32 {
	t.Helper()
	text, err := open(t, data).TrainTokens()
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]int32, text.Len())
	text.Copy(ids, 0)
	return ids
}
