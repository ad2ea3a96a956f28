package tokenizer_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/trainer/tokenizer"
)

// awkward is text at which the ways to cut differ.
const awkward = "It's 1984, I'll\n\n  sit \n\t(12 km)…  «Où?» don't''s\r\n\u00a0 x\u2003y  \n 'tis ½ ٣٤ a1b2 <|endoftext|>  "

func TestVocabularyKeepsTheIDs(t *testing.T) {
	smollm, err := os.ReadFile("testdata/smollm-form.tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := tokenizer.Parse(smollm)
	if err != nil {
		t.Fatal(err)
	}
	listed, err := tokenizer.New(letters())
	if err != nil {
		t.Fatal(err)
	}
	for name, encoder := range map[string]*tokenizer.Tokenizer{
		"trained": train(t, mixedText(), 400), "SmolLM's form": parsed, "listed": listed,
	} {
		vocabulary, err := encoder.Vocabulary()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, err := tokenizer.New(vocabulary)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text := awkward + mixedText()[:20_000] + strings.Repeat(" ", 7)
		if diff := cmp.Diff(encoder.Encode(text), again.Encode(text)); diff != "" {
			t.Errorf("%s: ids (-want +got):\n%.500s", name, diff)
		}
		if encoder.VocabSize() != again.VocabSize() {
			t.Errorf("%s: %d tokens became %d", name, encoder.VocabSize(), again.VocabSize())
		}
	}
}

func TestVocabularyRefusesOtherPatterns(t *testing.T) {
	trained, err := train(t, mixedText(), 300).JSON()
	if err != nil {
		t.Fatal(err)
	}
	other, err := tokenizer.Parse([]byte(strings.Replace(string(trained), `|[ \\n]`, `|[ \\n]+`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Vocabulary(); err == nil || !strings.Contains(err.Error(), "pre-tokenizer is neither") {
		t.Errorf("error is %v, want one about the pre-tokenizer", err)
	}
}
