package bpe_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/trainer/prepare/bpe"
)

// awkward is text at which the ways to cut differ.
const awkward = "It's 1984, I'll\n\n  sit \n\t(12 km)…  «Où?» don't''s\r\n\u00a0 x\u2003y  \n 'tis ½ ٣٤ a1b2 <|endoftext|>  "

func TestVocabularyKeepsTheIDs(t *testing.T) {
	smollm, err := os.ReadFile("testdata/smollm-form.tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := bpe.Parse(smollm)
	if err != nil {
		t.Fatal(err)
	}
	listed, err := bpe.New(letters())
	if err != nil {
		t.Fatal(err)
	}
	for name, tokenizer := range map[string]*bpe.Tokenizer{
		"trained": train(t, mixedText(), 400), "SmolLM's form": parsed, "listed": listed,
	} {
		vocabulary, err := tokenizer.Vocabulary()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, err := bpe.New(vocabulary)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text := awkward + mixedText()[:20_000] + strings.Repeat(" ", 7)
		if diff := cmp.Diff(tokenizer.Encode(text), again.Encode(text)); diff != "" {
			t.Errorf("%s: ids (-want +got):\n%.500s", name, diff)
		}
		if tokenizer.VocabSize() != again.VocabSize() {
			t.Errorf("%s: %d tokens became %d", name, tokenizer.VocabSize(), again.VocabSize())
		}
	}
}

func TestVocabularyRefusesOtherPatterns(t *testing.T) {
	trained, err := train(t, mixedText(), 300).JSON()
	if err != nil {
		t.Fatal(err)
	}
	other, err := bpe.Parse([]byte(strings.Replace(string(trained), `|[ \\n]`, `|[ \\n]+`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Vocabulary(); err == nil || !strings.Contains(err.Error(), "pre-tokenizer is neither") {
		t.Errorf("error is %v, want one about the pre-tokenizer", err)
	}
}
