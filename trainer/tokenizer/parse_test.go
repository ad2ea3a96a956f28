package tokenizer_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/trainer/tokenizer"
)

// The expected ids are those of Hugging Face's tokenizers library; see
// testdata/smollm_form.py.
func TestSmolLMForm(t *testing.T) {
	content, err := os.ReadFile("testdata/smollm-form.tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	encoder, err := tokenizer.Parse(content)
	if err != nil {
		t.Fatal(err)
	}
	expected, err := os.ReadFile("testdata/smollm-form.ids.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Text string
		IDs  []int
	}
	if err := json.Unmarshal(expected, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 10 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, test := range cases {
		ids := append([]int{}, encoder.Encode(test.Text)...)
		if diff := cmp.Diff(test.IDs, ids); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.Text, diff)
		}
		if got := encoder.Decode(ids); got != test.Text {
			t.Errorf("%q decodes as %q", test.Text, got)
		}
	}
	if _, err := encoder.JSON(); err == nil {
		t.Error("SmolLM's form was written as another")
	}
}

func TestParseReadsWhatJSONWrites(t *testing.T) {
	encoder := train(t, mixedText(), 500)
	content, err := encoder.JSON()
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := tokenizer.Parse(content)
	if err != nil {
		t.Fatal(err)
	}
	again, err := parsed.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(content), string(again)); diff != "" {
		t.Errorf("file (-first +second):\n%s", diff)
	}
	if diff := cmp.Diff(encoder.Encode(mixedText()), parsed.Encode(mixedText())); diff != "" {
		t.Errorf("ids (-trained +parsed):\n%.1000s", diff)
	}
}

func TestParseRefuses(t *testing.T) {
	content, err := os.ReadFile("testdata/smollm-form.tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, old, replacement, want string
	}{
		{"not JSON", "{", "", "read tokenizer"},
		{"another model", `"type": "BPE"`, `"type": "Unigram"`, `"Unigram", not BPE`},
		{"normalizer", `"normalizer": null`, `"normalizer": {"type": "NFC"}`, "normalizer"},
		{"template", `"post_processor": null`, `"post_processor": {"type": "TemplateProcessing"}`, "TemplateProcessing"},
		{"pre-tokenizer", `"type": "Digits"`, `"type": "Metaspace"`, "Metaspace"},
		{"digits together", `"individual_digits": true`, `"individual_digits": false`, "Digits"},
		{"prefix space", `"add_prefix_space": false`, `"add_prefix_space": true`, "add_prefix_space"},
		{"dropout", `"dropout": null`, `"dropout": 0.1`, "dropout"},
		{"suffix", `"end_of_word_suffix": null`, `"end_of_word_suffix": "</w>"`, "suffix"},
		{"stripping", `"lstrip": false`, `"lstrip": true`, "strips"},
		{"gap in the ids", `"!": 3`, `"!": 9999`, "ids aren't"},
		{"id twice", `"!": 3`, `"!": 4`, "ids aren't"},
		{"alphabet", `"!": 3`, `"→": 3`, "alphabet"},
		{"merge", `"Ġ",`, `"Ġ", "x",`, "isn't a pair"},
	} {
		changed := strings.Replace(string(content), test.old, test.replacement, 1)
		if changed == string(content) {
			t.Errorf("%s: the file has no %s", test.name, test.old)
		}
		if _, err := tokenizer.Parse([]byte(changed)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	content, err := os.ReadFile("testdata/smollm-form.tokenizer.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content)
	f.Add([]byte(`{"model":{"type":"BPE","vocab":{},"merges":[]},"decoder":{"type":"ByteLevel"},"pre_tokenizer":{"type":"Digits","individual_digits":true}}`))
	f.Fuzz(func(_ *testing.T, content []byte) {
		encoder, err := tokenizer.Parse(content)
		if err == nil {
			encoder.Decode(encoder.Encode("It's 12 o'clock.\n\n<|endoftext|>"))
		}
	})
}
