package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// file is the part of a tokenizer.json that this package knows.
type file struct {
	Version       string          `json:"version"`
	Truncation    *struct{}       `json:"truncation"`
	Padding       *struct{}       `json:"padding"`
	AddedTokens   []addedToken    `json:"added_tokens"`
	Normalizer    json.RawMessage `json:"normalizer"`
	PreTokenizer  *preTokenizer   `json:"pre_tokenizer"`
	PostProcessor *preTokenizer   `json:"post_processor"`
	Decoder       *preTokenizer   `json:"decoder"`
	Model         model           `json:"model"`
}

type addedToken struct {
	ID         int    `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	Lstrip     bool   `json:"lstrip"`
	Rstrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

type preTokenizer struct {
	Type             string            `json:"type"`
	PreTokenizers    []preTokenizer    `json:"pretokenizers,omitempty"`
	Pattern          map[string]string `json:"pattern,omitempty"`
	Behavior         string            `json:"behavior,omitempty"`
	Invert           *bool             `json:"invert,omitempty"`
	IndividualDigits bool              `json:"individual_digits,omitempty"`
	AddPrefixSpace   *bool             `json:"add_prefix_space,omitempty"`
	TrimOffsets      *bool             `json:"trim_offsets,omitempty"`
	UseRegex         *bool             `json:"use_regex,omitempty"`
}

type model struct {
	Type     string          `json:"type"`
	Dropout  *float64        `json:"dropout"`
	UnkToken *string         `json:"unk_token"`
	Prefix   *string         `json:"continuing_subword_prefix"`
	Suffix   *string         `json:"end_of_word_suffix"`
	FuseUnk  bool            `json:"fuse_unk"`
	Fallback bool            `json:"byte_fallback"`
	Vocab    json.RawMessage `json:"vocab"`
	Merges   json.RawMessage `json:"merges"`
}

// JSON writes a tokenizer made by [Train] as a tokenizer.json, the vocabulary
// in the order of its ids. A tokenizer of SmolLM's form can't be written.
func (t *Tokenizer) JSON() ([]byte, error) {
	no, yes := false, true
	splits, ok := t.splits.(pattern)
	if !ok {
		return nil, errors.New("write tokenizer: only trained tokenizers can be written")
	}
	vocab, merges, err := t.spellModel()
	if err != nil {
		return nil, err
	}
	byteLevel := preTokenizer{Type: "ByteLevel", AddPrefixSpace: &no, TrimOffsets: &yes, UseRegex: &no}
	f := file{
		Version:     "1.0",
		AddedTokens: t.addedTokens(),
		PreTokenizer: &preTokenizer{Type: "Sequence", PreTokenizers: []preTokenizer{
			{Type: "Split", Pattern: map[string]string{"Regex": splits.String()}, Behavior: "Isolated", Invert: &no},
			byteLevel,
		}},
		Decoder: &byteLevel,
		Model:   model{Type: "BPE", Vocab: vocab, Merges: merges},
	}
	return marshal(f, "  ")
}

// addedTokens returns the special tokens in the order of their ids.
func (t *Tokenizer) addedTokens() []addedToken {
	var added []addedToken
	for id, token := range t.tokens {
		if specialID, isSpecial := t.special[token]; isSpecial && specialID == id {
			added = append(added, addedToken{ID: id, Content: token, Special: true})
		}
	}
	return added
}

// spellModel returns vocabulary and merges in the alphabet of GPT-2.
func (t *Tokenizer) spellModel() (vocab, merges json.RawMessage, err error) {
	var entries []string
	for id, token := range t.tokens {
		if _, isSpecial := t.special[token]; !isSpecial {
			token = spell(token)
		}
		key, err := marshal(token, "")
		if err != nil {
			return nil, nil, err
		}
		entries = append(entries, fmt.Sprintf("%s:%d", key, id))
	}
	var lines []string
	for _, p := range t.merges {
		lines = append(lines, spell(t.tokens[p.left])+" "+spell(t.tokens[p.right]))
	}
	merges, err = marshal(lines, "")
	return json.RawMessage("{" + strings.Join(entries, ",") + "}"), merges, err
}

// marshal writes v without the escapes that are meant for HTML.
func marshal(v any, indent string) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("write tokenizer: %w", err)
	}
	if indent == "" {
		return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
	}
	return buffer.Bytes(), nil
}

// splitter returns the splitter that a pre_tokenizer describes.
func (p *preTokenizer) splitter() (splitter, error) {
	switch {
	case p == nil:
		return nil, errors.New("no pre_tokenizer")
	case p.Type == "Sequence":
		var s sequence
		for i := range p.PreTokenizers {
			next, err := p.PreTokenizers[i].splitter()
			if err != nil {
				return nil, err
			}
			s = append(s, next)
		}
		return s.simplified(), nil
	case p.Type == "Digits" && p.IndividualDigits:
		return pattern{regexp.MustCompile(`\p{N}`)}, nil
	case p.Type == "ByteLevel" && (p.AddPrefixSpace == nil || *p.AddPrefixSpace):
		return nil, errors.New("pre_tokenizer ByteLevel with add_prefix_space isn't supported")
	case p.Type == "ByteLevel" && p.UseRegex != nil && !*p.UseRegex:
		return sequence{}, nil
	case p.Type == "ByteLevel":
		return gpt2{}, nil
	case p.Type == "Split" && p.Pattern["Regex"] != "" && slices.Contains([]string{"Isolated", "isolated"}, p.Behavior):
		re, err := regexp.Compile(p.Pattern["Regex"])
		if err != nil {
			return nil, fmt.Errorf("compile pattern of pre_tokenizer Split: %w", err)
		}
		return pattern{re}, nil
	}
	return nil, fmt.Errorf("pre_tokenizer %s isn't supported in this form", p.Type)
}

// simplified leaves out the members that split nothing.
func (s sequence) simplified() splitter {
	kept := slices.DeleteFunc(s, func(m splitter) bool {
		nested, ok := m.(sequence)
		return ok && len(nested) == 0
	})
	if len(kept) == 1 {
		return kept[0]
	}
	return kept
}
