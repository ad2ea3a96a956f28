package tokenizer

import (
	"errors"
	"fmt"
	"regexp"
)

// Vocabulary is a tokenizer as other files than tokenizer.json describe it.
type Vocabulary struct {
	Tokens []Token  // by id
	Merges []string // "left right" in GPT-2's spelling, the first one first
	Digits bool     // numbers are cut into digits before GPT-2's pattern cuts, as in SmolLM
}

// Token is an entry of a [Vocabulary].
type Token struct {
	Text string // bytes in GPT-2's spelling; for special tokens the text itself
	Kind Kind
}

// Kind says how a token comes about.
type Kind int

// The kinds of tokens.
const (
	Ordinary Kind = iota // from bytes and merges
	Special              // found in a text as it stands
	Unused               // never
)

// New makes a tokenizer from a vocabulary, and refuses one that contradicts
// itself.
func New(v Vocabulary) (*Tokenizer, error) {
	tokens, special, ids, err := v.index()
	if err != nil {
		return nil, fmt.Errorf("make tokenizer: %w", err)
	}
	merges, results, err := pairs(splitMerges(v.Merges), ids)
	if err != nil {
		return nil, fmt.Errorf("make tokenizer: %w", err)
	}
	var splits splitter = gpt2{}
	if v.Digits {
		splits = sequence{pattern{regexp.MustCompile(`\p{N}`)}, gpt2{}}
	}
	return newTokenizer(tokens, special, splits, merges, results), nil
}

// index returns all tokens by id, the special ones, and the ids of the ordinary
// ones by their bytes.
func (v Vocabulary) index() (tokens []string, special, ids map[string]int, err error) {
	special, ids = map[string]int{}, map[string]int{}
	alphabet := runeBytes()
	for id, token := range v.Tokens {
		text, byText := token.Text, special
		switch token.Kind {
		case Unused:
			tokens = append(tokens, "")
			continue
		case Ordinary:
			var ok bool
			if text, ok = unspell(token.Text, alphabet); !ok {
				return nil, nil, nil, fmt.Errorf("token %d, %q, isn't in the byte-level alphabet", id, token.Text)
			}
			byText = ids
		}
		if text == "" {
			return nil, nil, nil, fmt.Errorf("token %d is empty", id)
		}
		if other, taken := byText[text]; taken {
			return nil, nil, nil, fmt.Errorf("tokens %d and %d are both %q", other, id, token.Text)
		}
		byText[text] = id
		tokens = append(tokens, text)
	}
	for text, id := range special {
		if other, taken := ids[text]; taken {
			return nil, nil, nil, fmt.Errorf("tokens %d and %d are both %q", other, id, text)
		}
	}
	if len(ids) == 0 {
		return nil, nil, nil, errors.New("it has no tokens")
	}
	return tokens, special, ids, nil
}
