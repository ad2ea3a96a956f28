package tokenizer

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// EndOfText is the special token between two documents. Trained tokenizers
// give it the id 0, as SmolLM's does.
const EndOfText = "<|endoftext|>"

// Tokenizer turns text into token ids and back. It is safe for concurrent use.
type Tokenizer struct {
	tokens  []string        // by id: the bytes of a token, or a special token's text
	special map[string]int  // ids of special tokens
	splits  splitter        // cuts text into the pieces that merges stay within
	merges  []pair          // by rank
	ranks   map[pair]merged // what a pair of ids becomes
	byteIDs [256]int        // ids of the tokens of one byte, -1 where there is none
	found   *regexp.Regexp  // finds special tokens in a text
}

// pair is two neighbouring token ids.
type pair struct{ left, right int }

func (p pair) compare(q pair) int {
	return cmp.Or(cmp.Compare(p.left, q.left), cmp.Compare(p.right, q.right))
}

// merged is the result of a merge and its rank; lower ranks merge first.
type merged struct{ rank, id int }

// newTokenizer indexes tokens, special tokens and merges.
func newTokenizer(tokens []string, special map[string]int, splits splitter, merges []pair, results []int) *Tokenizer {
	t := &Tokenizer{tokens: tokens, special: special, splits: splits, merges: merges, ranks: map[pair]merged{}}
	for rank, p := range merges {
		if _, known := t.ranks[p]; !known {
			t.ranks[p] = merged{rank: rank, id: results[rank]}
		}
	}
	for b := range t.byteIDs {
		t.byteIDs[b] = -1
	}
	for id, token := range tokens {
		if _, isSpecial := special[token]; !isSpecial && len(token) == 1 {
			t.byteIDs[token[0]] = id
		}
	}
	t.found = specialPattern(special)
	return t
}

// specialPattern matches any special token, the longest where several begin.
func specialPattern(special map[string]int) *regexp.Regexp {
	quoted := []string{`[^\x{0}-\x{10FFFF}]`} // matches nothing, where there are no special tokens
	for token := range special {
		quoted = append(quoted, regexp.QuoteMeta(token))
	}
	slices.Sort(quoted)
	pattern := regexp.MustCompile(strings.Join(quoted, "|"))
	pattern.Longest()
	return pattern
}

// VocabSize returns the number of token ids, special tokens included.
func (t *Tokenizer) VocabSize() int { return len(t.tokens) }

// TokenID returns the id of a special token such as [EndOfText].
func (t *Tokenizer) TokenID(special string) (int, bool) {
	id, ok := t.special[special]
	return id, ok
}

// ByteLength returns the number of bytes of text that a token stands for: 0 for
// special tokens and ids outside the vocabulary.
func (t *Tokenizer) ByteLength(id int) int {
	if id < 0 || id >= len(t.tokens) {
		return 0
	}
	if _, isSpecial := t.special[t.tokens[id]]; isSpecial {
		return 0
	}
	return len(t.tokens[id])
}

// Encode returns the token ids of text. Special tokens in the text become
// their ids; nothing is added before or after.
func (t *Tokenizer) Encode(text string) []int {
	var ids []int
	cache := map[string][]int{}
	for _, segment := range t.segments(text) {
		if id, isSpecial := t.special[segment]; isSpecial {
			ids = append(ids, id)
			continue
		}
		for _, piece := range t.splits.split(segment) {
			pieceIDs, known := cache[piece]
			if !known {
				pieceIDs = t.encodePiece(piece)
				cache[piece] = pieceIDs
			}
			ids = append(ids, pieceIDs...)
		}
	}
	return ids
}

// segments cuts text before and after each special token.
func (t *Tokenizer) segments(text string) []string {
	var segments []string
	start := 0
	for _, span := range t.found.FindAllStringIndex(text, -1) {
		if span[0] > start {
			segments = append(segments, text[start:span[0]])
		}
		segments = append(segments, text[span[0]:span[1]])
		start = span[1]
	}
	if start < len(text) {
		segments = append(segments, text[start:])
	}
	return segments
}

// encodePiece applies the merge of the lowest rank, the leftmost first, until
// no pair merges.
func (t *Tokenizer) encodePiece(piece string) []int {
	ids := make([]int, 0, len(piece))
	for i := range len(piece) {
		if id := t.byteIDs[piece[i]]; id >= 0 {
			ids = append(ids, id)
		}
	}
	for {
		best, at := merged{}, -1
		for i := range len(ids) - 1 {
			m, ok := t.ranks[pair{ids[i], ids[i+1]}]
			if ok && (at < 0 || m.rank < best.rank) {
				best, at = m, i
			}
		}
		if at < 0 {
			return ids
		}
		ids[at] = best.id
		ids = slices.Delete(ids, at+1, at+2)
	}
}

// Decode returns the text of token ids, special tokens included. Ids outside
// the vocabulary are left out.
func (t *Tokenizer) Decode(ids []int) string {
	var text strings.Builder
	for _, id := range ids {
		if id >= 0 && id < len(t.tokens) {
			text.WriteString(t.tokens[id])
		}
	}
	return text.String()
}
