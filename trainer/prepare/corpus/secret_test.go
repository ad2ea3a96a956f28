package corpus_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/ternlab/ternlab/trainer/prepare/corpus"
)

// A revealed seed gives the same text everywhere and always, or nobody could check a
// final check. Another seed gives another text.
func TestSecretProseIsPinned(t *testing.T) {
	text := corpus.SecretProse(corpus.Seed{31: 1}, corpus.EvalBytes)
	sum := sha256.Sum256([]byte(text))
	const want = "66affe937a7024e511d750d1b07f3fc2ed7f692b900313839894a12ef487599f"
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("the text of a known seed has SHA-256 %s, want %s; journals' seeds no longer give their texts", got, want)
	}
	if len(text) < corpus.EvalBytes {
		t.Errorf("it has %d bytes, want %d or more", len(text), corpus.EvalBytes)
	}
	if other := corpus.SecretProse(corpus.Seed{31: 2}, corpus.EvalBytes); other[:1000] == text[:1000] {
		t.Error("two seeds give the same text")
	}
}
