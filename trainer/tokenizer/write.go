package tokenizer

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Vocabulary lists tokens and merges as a GGUF file holds them; [New] makes a
// tokenizer of the same ids from it. A tokenizer that [Train] made cuts text a
// little otherwise than the list can say, at runs of spaces; it gets Digits,
// which gives the same ids as long as no token reaches over such a cut, and is
// refused if one does. Tokenizers of other patterns are refused.
func (t *Tokenizer) Vocabulary() (Vocabulary, error) {
	digits, err := t.cutsDigits()
	if err != nil {
		return Vocabulary{}, fmt.Errorf("list tokenizer's tokens: %w", err)
	}
	vocabulary := Vocabulary{Digits: digits}
	for id, token := range t.tokens {
		switch specialID, isSpecial := t.special[token]; {
		case isSpecial && specialID == id:
			vocabulary.Tokens = append(vocabulary.Tokens, Token{token, Special})
		case token == "":
			vocabulary.Tokens = append(vocabulary.Tokens, Token{fmt.Sprintf("<unused %d>", id), Unused})
		default:
			vocabulary.Tokens = append(vocabulary.Tokens, Token{spell(token), Ordinary})
		}
	}
	for _, p := range t.merges {
		vocabulary.Merges = append(vocabulary.Merges, spell(t.tokens[p.left])+" "+spell(t.tokens[p.right]))
	}
	return vocabulary, nil
}

// cutsDigits says which of the two forms of a [Vocabulary] the tokenizer has.
func (t *Tokenizer) cutsDigits() (bool, error) {
	switch splits := t.splits.(type) {
	case gpt2:
		return false, nil
	case sequence:
		if len(splits) == 2 {
			first, isPattern := splits[0].(pattern)
			_, isGPT2 := splits[1].(gpt2)
			if isPattern && isGPT2 && first.String() == `\p{N}` {
				return true, nil
			}
		}
	case pattern:
		if splits.String() == trainedPattern {
			return true, t.checkSpaces()
		}
	}
	return false, errors.New("its pre-tokenizer is neither SmolLM's nor GPT-2's")
}

// checkSpaces refuses tokens that hold a space elsewhere than at their begin.
func (t *Tokenizer) checkSpaces() error {
	for id, token := range t.tokens {
		if _, isSpecial := t.special[token]; !isSpecial && len(token) > 1 && strings.IndexFunc(token[1:], unicode.IsSpace) >= 0 {
			return fmt.Errorf("token %d, %q, holds white space", id, token)
		}
	}
	return nil
}
