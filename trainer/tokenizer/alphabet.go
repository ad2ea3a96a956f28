package tokenizer

import (
	"slices"
	"strings"
)

// GPT-2 writes each byte as a printable character: printable Latin-1 bytes as
// themselves, the others as the characters from U+0100 on. So a space is Ġ.

// byteRunes returns the character of each byte.
func byteRunes() [256]rune {
	var runes [256]rune
	next := rune(256)
	for b := range 256 {
		if b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae {
			runes[b] = rune(b)
			continue
		}
		runes[b] = next
		next++
	}
	return runes
}

// alphabet returns all bytes in the order of their characters, in which their
// tokens are numbered.
func alphabet() []byte {
	runes := byteRunes()
	bytes := make([]byte, 256)
	for b := range bytes {
		bytes[b] = byte(b)
	}
	slices.SortFunc(bytes, func(a, b byte) int { return int(runes[a] - runes[b]) })
	return bytes
}

// spell writes a token's bytes as characters.
func spell(token string) string {
	runes := byteRunes()
	var text strings.Builder
	for i := range len(token) {
		text.WriteRune(runes[token[i]])
	}
	return text.String()
}

// unspell is the reverse of spell; ok is false for characters that stand for
// no byte.
func unspell(text string, bytes map[rune]byte) (token string, ok bool) {
	var result []byte
	for _, r := range text {
		b, known := bytes[r]
		if !known {
			return "", false
		}
		result = append(result, b)
	}
	return string(result), true
}

// runeBytes is the reverse of byteRunes.
func runeBytes() map[rune]byte {
	bytes := map[rune]byte{}
	for b, r := range byteRunes() {
		bytes[r] = byte(b)
	}
	return bytes
}
