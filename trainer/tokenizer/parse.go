package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Parse reads a tokenizer.json whose model is byte-level BPE. What would change
// the ids and isn't known here (a normalizer, a template that adds tokens,
// another pre-tokenizer) is an error that names it.
func Parse(content []byte) (*Tokenizer, error) {
	var f file
	if err := json.Unmarshal(content, &f); err != nil {
		return nil, fmt.Errorf("read tokenizer: %w", err)
	}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("read tokenizer: %w", err)
	}
	splits, err := f.PreTokenizer.splitter()
	if err != nil {
		return nil, fmt.Errorf("read tokenizer: %w", err)
	}
	tokens, special, ids, err := f.vocabulary()
	if err != nil {
		return nil, fmt.Errorf("read tokenizer: %w", err)
	}
	merges, results, err := f.Model.pairs(ids)
	if err != nil {
		return nil, fmt.Errorf("read tokenizer: %w", err)
	}
	return newTokenizer(tokens, special, splits, merges, results), nil
}

// check refuses what Encode would not honour.
func (f *file) check() error {
	m := f.Model
	switch {
	case m.Type != "BPE":
		return fmt.Errorf("model type is %q, not BPE", m.Type)
	case len(f.Normalizer) > 0 && string(f.Normalizer) != "null":
		return errors.New("a normalizer isn't supported")
	case f.PostProcessor != nil && f.PostProcessor.Type != "ByteLevel":
		return fmt.Errorf("post_processor %s isn't supported", f.PostProcessor.Type)
	case f.Decoder == nil || f.Decoder.Type != "ByteLevel":
		return errors.New("decoder isn't ByteLevel")
	case m.Dropout != nil && *m.Dropout > 0:
		return errors.New("model has dropout")
	case m.Prefix != nil && *m.Prefix != "" || m.Suffix != nil && *m.Suffix != "":
		return errors.New("model has a subword prefix or a word suffix")
	}
	for _, token := range f.AddedTokens {
		if token.SingleWord || token.Lstrip || token.Rstrip {
			return fmt.Errorf("added token %q strips or matches single words", token.Content)
		}
	}
	return nil
}

// vocabulary returns all tokens by id, the special ones, and the ids of the
// others by their bytes.
func (f *file) vocabulary() (tokens []string, special, ids map[string]int, err error) {
	var vocab map[string]int
	if err := json.Unmarshal(f.Model.Vocab, &vocab); err != nil {
		return nil, nil, nil, fmt.Errorf("vocab: %w", err)
	}
	special, ids = map[string]int{}, map[string]int{}
	for _, token := range f.AddedTokens {
		if token.Content == "" {
			return nil, nil, nil, errors.New("an added token is empty")
		}
		special[token.Content] = token.ID
		vocab[token.Content] = token.ID
	}
	tokens = make([]string, len(vocab))
	taken := make([]bool, len(vocab))
	alphabet := runeBytes()
	for spelled, id := range vocab {
		if id < 0 || id >= len(tokens) || taken[id] {
			return nil, nil, nil, fmt.Errorf("ids aren't 0 to %d, each once: %d", len(tokens)-1, id)
		}
		taken[id] = true
		if _, isSpecial := special[spelled]; isSpecial {
			tokens[id] = spelled
			continue
		}
		token, ok := unspell(spelled, alphabet)
		if !ok || token == "" {
			return nil, nil, nil, fmt.Errorf("token %q isn't in the byte-level alphabet", spelled)
		}
		tokens[id] = token
		ids[token] = id
	}
	return tokens, special, ids, nil
}

// pairs reads merges, written "a b" or ["a", "b"], and what they become.
func (m *model) pairs(ids map[string]int) (merges []pair, results []int, err error) {
	var lists [][]string
	if json.Unmarshal(m.Merges, &lists) != nil {
		var lines []string
		if err := json.Unmarshal(m.Merges, &lines); err != nil {
			return nil, nil, fmt.Errorf("merges: %w", err)
		}
		lists = splitMerges(lines)
	}
	return pairs(lists, ids)
}

// splitMerges cuts merges written "a b" in two.
func splitMerges(lines []string) [][]string {
	lists := make([][]string, len(lines))
	for i, line := range lines {
		lists[i] = strings.Split(line, " ")
	}
	return lists
}

// pairs finds the ids of merges and of what they become.
func pairs(lists [][]string, ids map[string]int) (merges []pair, results []int, err error) {
	alphabet := runeBytes()
	for i, list := range lists {
		if len(list) != 2 {
			return nil, nil, fmt.Errorf("merge %d isn't a pair", i)
		}
		left, _ := unspell(list[0], alphabet)
		right, _ := unspell(list[1], alphabet)
		leftID, leftOK := ids[left]
		rightID, rightOK := ids[right]
		id, ok := ids[left+right]
		if !leftOK || !rightOK || !ok {
			return nil, nil, fmt.Errorf("merge %d (%s) isn't in the vocabulary", i, strings.Join(list, " "))
		}
		merges = append(merges, pair{leftID, rightID})
		results = append(results, id)
	}
	return merges, results, nil
}
