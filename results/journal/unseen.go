package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// The kinds of texts that no experiment is measured on.
const (
	TextHoldout = "holdout" // Fixed, in the repository: of runs that were begun before there were others.
	TextSecret  = "secret"  // Generated for a final check, from a seed that is secret until then.
	TextPrivate = "private" // A file of the user's.
)

// Unseen fixes the text of the next final check before anybody can choose it: by a
// digest, which says nothing of the text.
type Unseen struct {
	Kind   string `json:"kind"`   // TextSecret or TextPrivate.
	Digest string `json:"digest"` // SHA-256, hexadecimal: of a secret text's seed, a private text's own.
}

// Revealed says, when a final check is done, what its text was generated from, so
// that everybody can make it again and measure the same figures.
type Revealed struct {
	Text   string `json:"text"`      // Its name.
	Seed   string `json:"text_seed"` // 32 bytes, hexadecimal.
	SHA256 string `json:"sha256"`    // Of the text, hexadecimal.
}

// UnseenText is a text of final checks as the journal has it.
type UnseenText struct {
	Name   string `json:"name"` // As in Evaluated.Text: its kind, and which of the run's texts it is: "secret-1".
	Kind   string `json:"kind"`
	Digest string `json:"digest"`
	Seed   string `json:"seed,omitempty"`   // Of a secret text that was revealed.
	SHA256 string `json:"sha256,omitempty"` // Of its text.

	KnownTo int `json:"-"` // First experiment that may know a revealed text; those before it were decided.
}

// IsRevealed tells whether the text's seed stands in the journal.
func (t UnseenText) IsRevealed() bool { return t.Seed != "" }

// mayBeKnownTo tells whether the text was revealed before the experiment was decided.
func (t UnseenText) mayBeKnownTo(experiment int) bool {
	return t.IsRevealed() && experiment >= t.KnownTo
}

// UnseenText returns the text for a final check of the champion with that number:
// the newest that was not revealed before the champion was decided. It is false
// where there is none.
func (r Run) UnseenText(champion int) (UnseenText, bool) {
	for _, text := range slices.Backward(r.Texts) {
		if !text.mayBeKnownTo(champion) {
			return text, true
		}
	}
	return UnseenText{}, false
}

// SeedDigest is the digest by which a seed is fixed before it is revealed.
func SeedDigest(seed string) (string, error) {
	bytes, err := hex.DecodeString(seed)
	if err != nil || len(bytes) != sha256.Size {
		return "", fmt.Errorf("%q is no seed of %d hexadecimal digits", seed, 2*sha256.Size)
	}
	sum := sha256.Sum256(bytes)
	return hex.EncodeToString(sum[:]), nil
}

// applyToRun takes in which text the next final check has.
func (u Unseen) applyToRun(f *fold, _ Record) error {
	if u.Kind != TextSecret && u.Kind != TextPrivate {
		return fmt.Errorf("kind %q is unknown", u.Kind)
	}
	f.run.Texts = append(slices.Clip(f.run.Texts), UnseenText{
		Name: fmt.Sprintf("%s-%d", u.Kind, len(f.run.Texts)+1), Kind: u.Kind, Digest: u.Digest,
	})
	return nil
}

// applyToRun takes in the seed of a text. It must be the one that was fixed.
func (r Revealed) applyToRun(f *fold, _ Record) error {
	digest, err := SeedDigest(r.Seed)
	if err != nil {
		return err
	}
	texts := slices.Clone(f.run.Texts)
	at := slices.IndexFunc(texts, func(t UnseenText) bool { return t.Name == r.Text })
	switch {
	case at < 0 || texts[at].Kind != TextSecret:
		return fmt.Errorf("there is no secret text %q", r.Text)
	case texts[at].IsRevealed():
		return fmt.Errorf("%s was revealed before", r.Text)
	case texts[at].Digest != digest:
		return fmt.Errorf("the seed of %s is not the one that was fixed", r.Text)
	}
	texts[at].Seed, texts[at].SHA256 = r.Seed, r.SHA256
	texts[at].KnownTo = slices.IndexFunc(f.experiments, func(e Experiment) bool { return e.Status == StatusRunning })
	if texts[at].KnownTo < 0 {
		texts[at].KnownTo = len(f.experiments)
	}
	f.run.Texts = texts
	return nil
}
