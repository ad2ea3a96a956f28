package tokenizer_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/trainer/tokenizer"
)

// letters is a small vocabulary: a, b, two digits, the space, their merges.
func letters() tokenizer.Vocabulary {
	return tokenizer.Vocabulary{
		Tokens: []tokenizer.Token{
			{Text: "<|end|>", Kind: tokenizer.Special},
			{Text: "a"},
			{Text: "b"},
			{Text: "1"},
			{Text: "2"},
			{Text: "Ġ"},
			{Text: "<pad>", Kind: tokenizer.Unused},
			{Text: "ab"},
			{Text: "Ġab"},
			{Text: "12"},
		},
		Merges: []string{"a b", "Ġ ab", "1 2"},
	}
}

func TestNewSplitsAsTheVocabularySays(t *testing.T) {
	const text = "ab ab12<|end|>b"
	for _, test := range []struct {
		digits bool
		want   []int
	}{
		{false, []int{7, 8, 9, 0, 2}},
		{true, []int{7, 8, 3, 4, 0, 2}},
	} {
		v := letters()
		v.Digits = test.digits
		encoder, err := tokenizer.New(v)
		if err != nil {
			t.Fatal(err)
		}
		ids := encoder.Encode(text)
		if diff := cmp.Diff(test.want, ids); diff != "" {
			t.Errorf("digits %v (-want +got):\n%s", test.digits, diff)
		}
		if got := encoder.Decode(ids); got != text {
			t.Errorf("digits %v: decoded as %q", test.digits, got)
		}
		if got := encoder.VocabSize(); got != 10 {
			t.Errorf("vocabulary has %d tokens, want 10", got)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, test := range []struct {
		name, want string
		change     func(v *tokenizer.Vocabulary)
	}{
		{"no tokens", "no tokens", func(v *tokenizer.Vocabulary) { *v = tokenizer.Vocabulary{} }},
		{"a character for no byte", "alphabet", func(v *tokenizer.Vocabulary) { v.Tokens[1].Text = "→" }},
		{"an empty token", "token 1 is empty", func(v *tokenizer.Vocabulary) { v.Tokens[1].Text = "" }},
		{"an empty special token", "token 0 is empty", func(v *tokenizer.Vocabulary) { v.Tokens[0].Text = "" }},
		{"a token twice", "tokens 1 and 2 are both", func(v *tokenizer.Vocabulary) { v.Tokens[2].Text = "a" }},
		{"a special token that is an ordinary one", "tokens 1 and 0 are both", func(v *tokenizer.Vocabulary) { v.Tokens[0].Text = "a" }},
		{"half a merge", "merge 0 isn't a pair", func(v *tokenizer.Vocabulary) { v.Merges[0] = "ab" }},
		{"a merge to nothing", "merge 2 (a 2) isn't in the vocabulary", func(v *tokenizer.Vocabulary) { v.Merges[2] = "a 2" }},
		{"a merge of an unused token", "merge 2", func(v *tokenizer.Vocabulary) { v.Tokens[9].Kind = tokenizer.Unused }},
	} {
		v := letters()
		test.change(&v)
		if _, err := tokenizer.New(v); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
	}
}
