package checkpoint

import (
	"fmt"

	"github.com/ternlab/ternlab/trainer/tokenizer"
)

// ReadGGUFVocabulary reads the tokenizer in a GGUF file. It must be a byte-level
// BPE that cuts text as SmolLM's or GPT-2's does.
func ReadGGUFVocabulary(path string) (tokenizer.Vocabulary, error) {
	g, err := openGGUF(path)
	if err != nil {
		return tokenizer.Vocabulary{}, err
	}
	defer g.close()
	vocabulary, err := g.vocabulary()
	if err != nil {
		return tokenizer.Vocabulary{}, fmt.Errorf("read tokenizer of GGUF file %s: %w", path, err)
	}
	return vocabulary, nil
}

func (g *ggufFile) vocabulary() (tokenizer.Vocabulary, error) {
	if model := g.text("tokenizer.ggml.model"); model != "gpt2" {
		return tokenizer.Vocabulary{}, fmt.Errorf("tokenizer.ggml.model is %q, want \"gpt2\" (byte-level BPE)", model)
	}
	vocabulary := tokenizer.Vocabulary{Merges: g.texts("tokenizer.ggml.merges")}
	switch split := g.text("tokenizer.ggml.pre"); split {
	case "smollm":
		vocabulary.Digits = true
	case "gpt-2":
	default:
		return tokenizer.Vocabulary{}, fmt.Errorf("tokenizer.ggml.pre is %q, want \"smollm\" or \"gpt-2\"", split)
	}
	tokens := g.texts("tokenizer.ggml.tokens")
	kinds, found := g.GetKeyValue("tokenizer.ggml.token_type")
	types := kinds.Int64s()
	if found && len(types) != len(tokens) {
		return tokenizer.Vocabulary{}, fmt.Errorf("tokenizer.ggml.token_type has %d types for %d tokens", len(types), len(tokens))
	}
	for id, text := range tokens {
		token := tokenizer.Token{Text: text}
		if found {
			kind, err := tokenKind(types[id])
			if err != nil {
				return tokenizer.Vocabulary{}, fmt.Errorf("token %d: %w", id, err)
			}
			token.Kind = kind
		}
		vocabulary.Tokens = append(vocabulary.Tokens, token)
	}
	return vocabulary, nil
}

// tokenKind translates llama.cpp's token types.
func tokenKind(tokenType int64) (tokenizer.Kind, error) {
	switch tokenType {
	case 1: // normal
		return tokenizer.Ordinary, nil
	case 3, 4: // control, user-defined
		return tokenizer.Special, nil
	case 5: // unused
		return tokenizer.Unused, nil
	}
	return 0, fmt.Errorf("its type is %d, want 1 (normal), 3 (control), 4 (user-defined) or 5 (unused)", tokenType)
}

// tokenType is the reverse of tokenKind.
func tokenType(kind tokenizer.Kind) int32 {
	switch kind {
	case tokenizer.Special:
		return 3
	case tokenizer.Unused:
		return 5
	}
	return 1
}

// text is a string of the metadata, empty where there is none.
func (g *ggufFile) text(key string) string {
	value, _ := g.GetKeyValue(key)
	return value.String()
}

// texts is a list of strings of the metadata, empty where there is none.
func (g *ggufFile) texts(key string) []string {
	value, _ := g.GetKeyValue(key)
	return value.Strings()
}
