package tokenizer_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gomlx/go-huggingface/tokenizers/hftokenizer"
	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/trainer/prepare/corpus"
	"github.com/ternlab/ternlab/trainer/tokenizer"
)

func train(tb testing.TB, text string, size int) *tokenizer.Tokenizer {
	tb.Helper()
	encoder, err := tokenizer.Train(text, size)
	if err != nil {
		tb.Fatal(err)
	}
	return encoder
}

func mixedText() string {
	return corpus.Stories(1, 50_000) + tokenizer.EndOfText + corpus.Prose(1, 50_000)
}

func merges(t *testing.T, encoder *tokenizer.Tokenizer) []string {
	t.Helper()
	content, err := encoder.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Model struct{ Merges []string }
	}
	if err := json.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	return file.Model.Merges
}

func TestMerges(t *testing.T) {
	for _, test := range []struct {
		name, text string
		size       int
		want       []string
	}{
		// ab occurs three times. Then Ġ+ab and ab+ab both occur once; the id of
		// the space is smaller than that of ab.
		{"counts, then smallest ids", "abab ab", 260, []string{"a b", "Ġ ab", "ab ab"}},
		{"runs from the left", "aaaaa", 259, []string{"a a", "aa a"}},
		{"digits stay single", "11 11 11 xy", 258, []string{"x y"}},
		{"not over line ends", "\n\n\n\n\n a", 258, []string{"Ġ a"}},
		{"not over end of text", "a<|endoftext|>b<|endoftext|>a<|endoftext|>b cd", 258, []string{"c d"}},
		{"no merges", "", 257, nil},
	} {
		if diff := cmp.Diff(test.want, merges(t, train(t, test.text, test.size))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestTrainRefuses(t *testing.T) {
	for _, test := range []struct {
		text string
		size int
		want string
	}{
		{"some text", 256, "257 is the least"},
		{"ab", 259, "for 258 tokens only"},
	} {
		if _, err := tokenizer.Train(test.text, test.size); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("size %d: error %v, want one with %q", test.size, err, test.want)
		}
	}
}

func TestTrainIsDeterministic(t *testing.T) {
	text := mixedText()
	first, err := train(t, text, 512).JSON()
	if err != nil {
		t.Fatal(err)
	}
	again, err := train(t, text, 512).JSON()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(first), string(again)); diff != "" {
		t.Errorf("the second training differs:\n%s", diff)
	}
	const want = "8215f3de9fc455413e2b3eb225edacdcb3f6057bdfe9b32d0e403051841091c4"
	fixed := strings.Repeat("It was the first day of spring, and the 12 birds of the valley sang. ", 3)
	content, err := train(t, fixed, 290).JSON()
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(content)); got != want {
		t.Errorf("sha256 of the file %s, want %s", got, want)
	}
}

func TestVocabulary(t *testing.T) {
	encoder := train(t, mixedText(), 400)
	if n := encoder.VocabSize(); n != 400 {
		t.Errorf("vocabulary of %d, want 400", n)
	}
	if id, ok := encoder.TokenID(tokenizer.EndOfText); id != 0 || !ok {
		t.Errorf("end of text is %d, %v", id, ok)
	}
	if _, ok := encoder.TokenID("the"); ok {
		t.Error("an ordinary word counts as special")
	}
	if diff := cmp.Diff([]int{0, 0}, encoder.Encode(tokenizer.EndOfText+tokenizer.EndOfText)); diff != "" {
		t.Error(diff)
	}
	if text := encoder.Decode([]int{-1, 0, 400}); text != tokenizer.EndOfText {
		t.Errorf("ids outside the vocabulary decode to %q", text)
	}
	for _, id := range []int{-1, 0, 400} {
		if n := encoder.ByteLength(id); n != 0 {
			t.Errorf("token %d has %d bytes", id, n)
		}
	}
	total, text := 0, "The café was 3.5 km away. 日本"
	for _, id := range encoder.Encode(text) {
		total += encoder.ByteLength(id)
	}
	if total != len(text) {
		t.Errorf("tokens of %d bytes for a text of %d", total, len(text))
	}
}

// Whoever reads a trained file with go-huggingface gets the same ids.
func TestSameIDsAsGoHuggingFace(t *testing.T) {
	text := mixedText() + "\n \n = A =\n\tdon't  x   café 3½ ²³ 日本語 🙂 \u00a0we'll I'd \r\n"
	encoder := train(t, text, 700)
	other := goHuggingFace(t, encoder)
	ids := encoder.Encode(text)
	if diff := cmp.Diff(other.Encode(text), ids); diff != "" {
		t.Errorf("go-huggingface (-) and we (+) differ:\n%.2000s", diff)
	}
	if got := encoder.Decode(ids); got != text {
		t.Error("decoding doesn't give the text back")
	}
	if got := other.Decode(ids); got != text {
		t.Error("go-huggingface's decoding doesn't give the text back")
	}
}

func goHuggingFace(tb testing.TB, encoder *tokenizer.Tokenizer) *hftokenizer.Tokenizer {
	tb.Helper()
	content, err := encoder.JSON()
	if err != nil {
		tb.Fatal(err)
	}
	other, err := hftokenizer.NewFromContent(nil, content)
	if err != nil {
		tb.Fatal(err)
	}
	return other
}

func FuzzRoundTrip(f *testing.F) {
	for _, seed := range []string{"", " ", "a b", "\n\n", "it's 1987", "<|endoftext|><|endo", "日本 🙂\t", "\xff\xfe", "a\u00a0b\u2028 "} {
		f.Add(seed)
	}
	encoder := train(f, corpus.Stories(1, 20_000)+corpus.Prose(1, 20_000), 400)
	other := goHuggingFace(f, encoder)
	content, err := os.ReadFile("testdata/smollm-form.tokenizer.json")
	if err != nil {
		f.Fatal(err)
	}
	smollm, err := tokenizer.Parse(content)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ids := encoder.Encode(text)
		if got := encoder.Decode(ids); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
		if got := smollm.Decode(smollm.Encode(text)); got != text {
			t.Errorf("in SmolLM's form %q becomes %q", text, got)
		}
		if !utf8.ValidString(text) {
			return // go-huggingface replaces what isn't UTF-8
		}
		if diff := cmp.Diff(other.Encode(text), ids); diff != "" {
			t.Errorf("%q: go-huggingface (-) and we (+) differ:\n%s", text, diff)
		}
	})
}
