package prepare_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/trainer/prepare"
)

// rows are the fixture of an evaluation text, in WikiText's manner.
var rows = []string{"", " = Owl = \n", "", strings.Repeat(" The owl saw 12 ships by the old mill . \n", 300), ""}

// trainIDs are the fixture of a training text.
func trainIDs() []int32 {
	ids := make([]int32, 5000)
	for i := range ids {
		ids[i] = int32(i % 512)
	}
	return ids
}

// prepared makes a data folder as `trainer prepare` leaves it, with nano's model.
func prepared(t *testing.T, tokenBytes int) (data string, tokenizer prepare.Tokenizer) {
	t.Helper()
	data = t.TempDir()
	folder := filepath.Join(data, prepare.SmolLM)
	if err := os.CopyFS(folder, nano(t).Folder); err != nil {
		t.Fatal(err)
	}
	tokenizer, err := nano(t).Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	eval, err := prepare.NewEvalText(tokenizer, rows, 2048, prepare.Source{Repository: "nest/wiki"}).JSON()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(data, evalFile), eval)
	tokens := prepare.AppendTokens(nil, trainIDs(), tokenBytes)
	info := prepare.TrainInfo{
		Tokens: len(trainIDs()), TokenBytes: tokenBytes, Tokenizer: tokenizer.SHA256(), SHA256: fmt.Sprintf("%x", sha256.Sum256(tokens)),
	}
	description, err := info.JSON()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, prepare.TrainInfoFile), description)
	write(t, filepath.Join(folder, prepare.TrainFile), tokens)
	return data, tokenizer
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, data string) prepare.Preset {
	t.Helper()
	preset, err := prepare.OpenIn(prepare.SmolLM, data)
	if err != nil {
		t.Fatal(err)
	}
	return preset
}

func TestPreparedPresetIsAPresetLikeNano(t *testing.T) {
	for _, tokenBytes := range []int{2, 4} {
		data, tokenizer := prepared(t, tokenBytes)
		t.Setenv("TERNLAB_DATA", data)
		preset, err := prepare.Open(prepare.SmolLM)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := preset.Model(); err != nil {
			t.Error(err)
		}
		train, err := preset.TrainTokens()
		if err != nil {
			t.Fatal(err)
		}
		ids := make([]int32, 1000)
		train.Copy(ids, 4000)
		if train.Len() != 5000 || !slices.Equal(ids, trainIDs()[4000:]) {
			t.Errorf("%d-byte tokens: %d training tokens, the last are %v…", tokenBytes, train.Len(), ids[:3])
		}
		eval, err := preset.EvalTokens()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tokenizer.Encode(strings.Join(rows, "\n\n")), eval); diff != "" {
			t.Errorf("evaluation tokens (-want +got):\n%s", diff)
		}
		if preset.Context != 2048 {
			t.Errorf("context %d, want 2048", preset.Context)
		}
	}
}

func TestUnpreparedPresetNamesTheCommand(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "nowhere")
	for _, file := range []string{"config.json", "tokenizer.json", "smollm-135m/train.json", "smollm-135m/train.tokens", evalFile, missing} {
		data, _ := prepared(t, 2)
		switch {
		case file == missing:
			data = missing
		case filepath.Dir(file) == ".":
			removeAny(t, filepath.Join(data, file), filepath.Join(data, prepare.SmolLM, file))
		default:
			removeAny(t, filepath.Join(data, file))
		}
		want := "isn't prepared in " + data
		if err := useAll(open(t, data)); err == nil || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), "`trainer prepare --preset smollm-135m --data "+data+"`") {
			t.Errorf("without %s: error %v", file, err)
		}
	}
}

// removeAny removes those of the files that are there.
func removeAny(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
}

// useAll is the first error of everything that a preset is used for.
func useAll(preset prepare.Preset) error {
	if _, err := preset.Model(); err != nil {
		return err
	}
	if _, err := preset.TrainTokens(); err != nil {
		return err
	}
	_, err := preset.EvalTokens()
	return err
}

func TestDamagedPresetIsRefused(t *testing.T) {
	const train, info = "smollm-135m/train.tokens", "smollm-135m/train.json"
	for _, test := range []struct {
		name, file string
		damage     func(content []byte) []byte
		want       string
	}{
		{"a flipped bit", train, func(c []byte) []byte { c[7] ^= 1; return c }, "damaged"},
		{"cut", train, func(c []byte) []byte { return c[:100] }, "damaged"},
		{"longer", train, func(c []byte) []byte { return append(c, 0, 0) }, "damaged"},
		{"another tokenizer", "smollm-135m/tokenizer.json", func(c []byte) []byte { return append(c, '\n') }, "another tokenizer"},
		{"info cut", info, func(c []byte) []byte { return c[:20] }, "parse train.json"},
		{"info of another version", info, replace("train tokens 1", "train tokens 9"), "format"},
		{"odd width", info, replace(`"token_bytes": 2`, `"token_bytes": 3`), "token_bytes"},
		{"no tokens", info, replace(`"tokens": 5000`, `"tokens": 0`), "tokens is 0"},
		{"other eval tokens", evalFile, replace(`"token_ids":[`, `"token_ids":[1,`), "tokens"},
		{"swapped eval token", evalFile, replace(`"token_ids":[`, `"token_ids":[1`), "checksum"},
		{"another context", evalFile, replace(`"context":2048`, `"context":1024`), "GPTQ"},
		{"with BOS", evalFile, replace(`"add_bos":false`, `"add_bos":true`), "GPTQ"},
		{"eval of another version", evalFile, replace("text 1", "text 2"), "format"},
		{"eval cut", evalFile, func(c []byte) []byte { return c[:len(c)/2] }, "parse"},
	} {
		data, _ := prepared(t, 2)
		path := filepath.Join(data, test.file)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		write(t, path, test.damage(content))
		if err := useAll(open(t, data)); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "trainer prepare") {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
	}
}

func replace(old, with string) func([]byte) []byte {
	return func(content []byte) []byte {
		if !strings.Contains(string(content), old) {
			panic("no " + old)
		}
		return []byte(strings.Replace(string(content), old, with, 1))
	}
}

func TestLocalTextsNeedNoPreparedTexts(t *testing.T) {
	data, tokenizer := prepared(t, 2)
	removeAny(t, filepath.Join(data, evalFile), filepath.Join(data, "smollm-135m/train.json"))
	first, second := filepath.Join(data, "a.txt"), filepath.Join(data, "b.txt")
	write(t, first, []byte("The owl sang."))
	write(t, second, []byte("Höhe 12\n"))
	preset := open(t, data).WithTrainText(first, second).WithEvalText(second)
	train, err := preset.TrainTokens()
	if err != nil {
		t.Fatal(err)
	}
	got := make([]int32, train.Len())
	train.Copy(got, 0)
	if diff := cmp.Diff(tokenizer.Encode("The owl sang.<|endoftext|>Höhe 12\n<|endoftext|>").IDs, got); diff != "" {
		t.Errorf("training tokens (-want +got):\n%s", diff)
	}
	eval, err := preset.EvalTokens()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tokenizer.Encode("Höhe 12\n"), eval); diff != "" {
		t.Errorf("evaluation tokens (-want +got):\n%s", diff)
	}
	missing := filepath.Join(data, "missing.txt")
	for _, err := range []error{useAll(preset.WithTrainText(missing)), useAll(preset.WithEvalText(missing))} {
		if err == nil || !strings.Contains(err.Error(), missing) || strings.Contains(err.Error(), "trainer prepare") {
			t.Errorf("error %v, want one that names the file and no cure by preparing", err)
		}
	}
	if same := nano(t).WithTrainText().WithEvalText(""); useAll(same) != nil {
		t.Error(useAll(same))
	}
}

func TestEvalTextFollowsTheProtocol(t *testing.T) {
	_, tokenizer := prepared(t, 2)
	text := prepare.NewEvalText(tokenizer, []string{"", " = A = \n", ""}, 4, prepare.Source{})
	joined := "\n\n = A = \n\n\n"
	if diff := cmp.Diff(tokenizer.Encode(joined), text.Tokens()); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}
	if text.ByteCount != len(joined) || text.Rows != 3 || text.Windows != len(text.IDs)/4 || text.Stride != 4 || text.AddBOS {
		t.Errorf("%+v", text)
	}
}

func FuzzParseEvalText(f *testing.F) {
	tokenizer, err := prepare.ReadTokenizer(nanoFolder(f))
	if err != nil {
		f.Fatal(err)
	}
	good, err := prepare.NewEvalText(tokenizer, []string{"An owl.", "12"}, 4, prepare.Source{}).JSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"format":"ternlab evaluation text 1","byte_lengths":[-1]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		text, err := prepare.ParseEvalText(data)
		if err != nil {
			return
		}
		again, err := text.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := prepare.ParseEvalText(again); err != nil {
			t.Errorf("what was read can't be read once written: %v", err)
		}
	})
}

func FuzzOpenTrainTokens(f *testing.F) {
	f.Add([]byte(`{"format":"ternlab train tokens 1","tokens":2,"token_bytes":2,"sha256":"x"}`), []byte{1, 2, 3, 4})
	f.Add([]byte(`{"format":"ternlab train tokens 1","tokens":9007199254740993,"token_bytes":4}`), []byte{})
	f.Fuzz(func(t *testing.T, description, tokens []byte) {
		info, err := prepare.ParseTrainInfo(description)
		if err != nil {
			return
		}
		data, tokenizer := prepared(t, 2)
		info.Tokenizer, info.SHA256 = tokenizer.SHA256(), fmt.Sprintf("%x", sha256.Sum256(tokens))
		description, err = info.JSON()
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(data, "smollm-135m/train.json"), description)
		write(t, filepath.Join(data, "smollm-135m/train.tokens"), tokens)
		text, err := open(t, data).TrainTokens()
		if err != nil {
			return
		}
		text.Copy(make([]int32, text.Len()), 0)
	})
}

func nanoFolder(tb testing.TB) fs.FS {
	tb.Helper()
	preset, err := prepare.Open(prepare.Nano)
	if err != nil {
		tb.Fatal(err)
	}
	return preset.Folder
}

const evalFile = "wikitext_eval.json"
