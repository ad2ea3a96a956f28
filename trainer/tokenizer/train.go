package tokenizer

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// trainedPattern cuts text into contractions, words and runs of punctuation,
// each with the space before it, single digits, and single spaces and line
// ends. No match holds a space except as its first byte.
const trainedPattern = `'(?:s|t|re|ve|m|ll|d)| ?\p{L}+|\p{N}| ?[^ \n\p{L}\p{N}]+|[ \n]`

// smallestVocabulary is the end-of-text token and a token for each byte.
const smallestVocabulary = 1 + 256

// Train learns a tokenizer with vocabSize tokens from text: [EndOfText] with
// id 0, the 256 bytes, and merges of the most frequent pairs. Of pairs equally
// frequent, that of the smallest ids is merged. It fails if vocabSize is below
// 257 or text has too few pairs to reach it.
func Train(text string, vocabSize int) (*Tokenizer, error) {
	if vocabSize < smallestVocabulary {
		return nil, fmt.Errorf("train tokenizer: vocabulary of %d tokens is too small; 257 is the least", vocabSize)
	}
	splits := pattern{regexp.MustCompile(trainedPattern)}
	t := newTrainer(text, splits)
	for len(t.tokens) < vocabSize {
		best, ok := t.mostFrequent()
		if !ok {
			return nil, fmt.Errorf("train tokenizer: the text has pairs for %d tokens only, not for %d; give it more text",
				len(t.tokens), vocabSize)
		}
		t.merge(best)
	}
	return newTokenizer(t.tokens, map[string]int{EndOfText: 0}, splits, t.merges, t.results), nil
}

// trainer holds the state of the training.
type trainer struct {
	tokens  []string
	ids     map[string]int
	merges  []pair
	results []int // what each merge becomes
	words   []countedWord
	counts  map[pair]int          // how often a pair occurs in the text
	where   map[pair]map[int]bool // the words that hold, or once held, a pair
}

// countedWord is a distinct piece of the text.
type countedWord struct {
	ids   []int
	count int
}

func newTrainer(text string, splits splitter) *trainer {
	t := &trainer{tokens: []string{EndOfText}, ids: map[string]int{}, counts: map[pair]int{}, where: map[pair]map[int]bool{}}
	for _, b := range alphabet() {
		t.add(string([]byte{b}))
	}
	frequencies := map[string]int{}
	for document := range strings.SplitSeq(text, EndOfText) {
		for _, piece := range splits.split(document) {
			frequencies[piece]++
		}
	}
	for i, piece := range slices.Sorted(maps.Keys(frequencies)) {
		word := countedWord{ids: make([]int, len(piece)), count: frequencies[piece]}
		for j := range len(piece) {
			word.ids[j] = t.ids[piece[j:j+1]]
		}
		t.words = append(t.words, word)
		t.tally(i, word.count)
	}
	return t
}

// add returns the id of a token, a new one if need be: two merges may give the
// same bytes.
func (t *trainer) add(token string) int {
	id, known := t.ids[token]
	if !known {
		id = len(t.tokens)
		t.ids[token] = id
		t.tokens = append(t.tokens, token)
	}
	return id
}

// tally adds count to each pair of a word.
func (t *trainer) tally(word, count int) {
	ids := t.words[word].ids
	for i := range len(ids) - 1 {
		p := pair{ids[i], ids[i+1]}
		if t.counts[p] += count; t.counts[p] == 0 {
			delete(t.counts, p)
			continue
		}
		if t.where[p] == nil {
			t.where[p] = map[int]bool{}
		}
		t.where[p][word] = true
	}
}

func (t *trainer) mostFrequent() (best pair, ok bool) {
	count := 0
	for p, n := range t.counts {
		if n > count || n == count && p.compare(best) < 0 {
			best, count = p, n
		}
	}
	return best, count > 0
}

// merge replaces a pair by one token wherever it occurs.
func (t *trainer) merge(p pair) {
	id := t.add(t.tokens[p.left] + t.tokens[p.right])
	t.merges = append(t.merges, p)
	t.results = append(t.results, id)
	for i := range t.where[p] {
		word := &t.words[i]
		t.tally(i, -word.count)
		word.ids = replacePair(word.ids, p, id)
		t.tally(i, word.count)
	}
	delete(t.where, p)
}

// replacePair returns ids with each occurrence of p, from the left, as id.
func replacePair(ids []int, p pair, id int) []int {
	result := ids[:0]
	for i := 0; i < len(ids); i++ {
		if i+1 < len(ids) && ids[i] == p.left && ids[i+1] == p.right {
			result = append(result, id)
			i++
			continue
		}
		result = append(result, ids[i])
	}
	return result
}
