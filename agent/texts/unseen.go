package texts

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/ternlab/ternlab/agent/failpoint"
	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/agent/record"
	"github.com/ternlab/ternlab/agent/runs"
	"github.com/ternlab/ternlab/results/journal"
)

// Texts are those of a run's final checks.
type Texts struct {
	folder  runs.Folder
	record  *record.Record
	lab     *lab.Lab
	screen  lab.Screen
	file    string                      // the user's own; empty: what the run has
	prepare func(context.Context) error // makes the lab ready
}

// New returns the texts of a run. The user's own is in a file, if that isn't empty;
// prepare makes the lab ready.
func New(folder runs.Folder, of *record.Record, made *lab.Lab, screen lab.Screen, file string, prepare func(context.Context) error) *Texts {
	return &Texts{folder, of, made, screen, file, prepare}
}

// Fix sees to it that the text of the run's next final check is fixed before the
// next experiment begins: in the journal by a digest, in the run's folder as a seed
// or a file. A run that was begun before there were such texts has none.
func (t *Texts) Fix(ctx context.Context) error {
	texts := t.record.Run().Texts
	switch {
	case t.file != "":
		return t.FixPrivate(ctx)
	case len(texts) > 0 && !texts[len(texts)-1].IsRevealed():
		_, err := t.seedOrText(texts[len(texts)-1])
		return err
	case !t.canMake(texts) || (len(texts) == 0 && journal.HasBaseline(t.record.Experiments())):
		return nil
	}
	return t.fixSecret()
}

// canMake tells whether the evaluator generates texts for the preset. One that was
// built from an older base commit doesn't say so, but the run has such texts then.
func (t *Texts) canMake(texts []journal.UnseenText) bool {
	return t.lab.Preset().MakesTexts ||
		slices.ContainsFunc(texts, func(text journal.UnseenText) bool { return text.Kind == journal.TextSecret })
}

// fixSecret draws the seed of the next final check's text. The text itself isn't made
// before that check, so until then there is nothing to be found but the seed.
func (t *Texts) fixSecret() error {
	var drawn [32]byte
	if _, err := rand.Read(drawn[:]); err != nil {
		return fmt.Errorf("draw the seed of the final check's text: %w", err)
	}
	seed := hex.EncodeToString(drawn[:])
	digest, err := journal.SeedDigest(seed)
	if err != nil {
		return err
	}
	name := t.nextTextName(journal.TextSecret)
	if err := t.writeHidden(t.folder.Seed(name), []byte(seed+"\n")); err != nil {
		return fmt.Errorf("keep the seed of the final check's text: %w", err)
	}
	failpoint.Hit(failpoint.Seed)
	return t.appendText(journal.Unseen{Kind: journal.TextSecret, Digest: digest})
}

// nextTextName is the name that the journal will give the next text.
func (t *Texts) nextTextName(kind string) string {
	return fmt.Sprintf("%s-%d", kind, len(t.record.Run().Texts)+1)
}

// appendText journals a text, which is in the run's folder.
func (t *Texts) appendText(text journal.Unseen) error {
	err := t.record.Append(0, text)
	return err
}

// writeHidden writes a file that is nobody else's to read, and is there as a whole,
// and after a crash of the machine, or not at all.
func (t *Texts) writeHidden(file string, content []byte) error {
	if err := os.MkdirAll(t.folder.Unseen(), 0o700); err != nil {
		return err
	}
	if err := renameio.WriteFile(file, content, 0o600); err != nil {
		return err
	}
	folder, err := os.Open(t.folder.Unseen())
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// seedOrText is what the run's folder has of a text: a secret one's seed, a private
// one's text. It must be what was fixed.
func (t *Texts) seedOrText(text journal.UnseenText) (string, error) {
	file := t.folder.Text(text.Name)
	if text.Kind == journal.TextSecret {
		file = t.folder.Seed(text.Name)
	}
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && text.IsRevealed() {
		return text.Seed, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s is gone, and with it the text %s of the final check, which nobody else has; restore the file, or leave the check out (--no-confirm) and name a text of your own (agent confirm --unseen-text FILE)", file, text.Name)
	}
	if err != nil {
		return "", fmt.Errorf("read the text of the final check: %w", err)
	}
	found, digest := string(content), digestOf(content)
	if text.Kind == journal.TextSecret {
		found = strings.TrimSpace(found)
		digest, err = journal.SeedDigest(found)
	}
	if err != nil || digest != text.Digest {
		return "", fmt.Errorf("%s is not what the journal fixed as %s (SHA-256 %s); restore the file", file, text.Name, line.Commit(text.Digest))
	}
	return found, nil
}

// For is the text for a final check of the champion with that number.
func (t *Texts) For(ctx context.Context, champion int) (lab.Text, error) {
	fixed, ok := t.record.Run().UnseenText(champion)
	if !ok {
		return t.Holdout(), nil
	}
	return t.Ready(ctx, fixed)
}

// Ready is a text as a file, sealed from now on. A secret text is made here, anew in
// each process.
func (t *Texts) Ready(ctx context.Context, fixed journal.UnseenText) (lab.Text, error) {
	text := lab.Text{Name: fixed.Name, File: t.folder.Text(fixed.Name)}
	found, err := t.seedOrText(fixed)
	if err == nil && fixed.Kind == journal.TextSecret {
		err = t.makeText(ctx, text, found)
	}
	if err == nil {
		err = t.lab.SealFile(text.File)
	}
	return text, err
}

// makeText has the evaluator, which was built from the run's base commit, generate a
// secret text.
func (t *Texts) makeText(ctx context.Context, text lab.Text, seed string) error {
	if err := t.writeHidden(t.folder.Seed(text.Name), []byte(seed+"\n")); err != nil {
		return fmt.Errorf("keep the seed of the final check's text: %w", err)
	}
	if err := t.lab.MakeText(ctx, t.folder.Seed(text.Name), text.File); err != nil {
		return fmt.Errorf("make the text of the final check: %w", err)
	}
	if err := os.Chmod(text.File, 0o600); err != nil {
		return fmt.Errorf("make the text of the final check: %w", err)
	}
	failpoint.Hit(failpoint.Text)
	return nil
}

// Reveal journals the seed of a text whose final check is done. From then on it is no
// secret, and the next check has another.
func (t *Texts) Reveal(ctx context.Context, checked *journal.UnseenText) error {
	if checked == nil || checked.Kind != journal.TextSecret || checked.IsRevealed() {
		return nil
	}
	seed, err := t.seedOrText(*checked)
	if err != nil {
		return err
	}
	text := lab.Text{Name: checked.Name, File: t.folder.Text(checked.Name)}
	sum, err := lab.Checksum(text.File)
	if errors.Is(err, fs.ErrNotExist) { // cleared away since it was measured on
		if err = t.prepare(ctx); err == nil {
			err = t.makeText(ctx, text, seed)
		}
		if err == nil {
			sum, err = lab.Checksum(text.File)
		}
	}
	if err != nil {
		return fmt.Errorf("reveal the text of the final check: %w", err)
	}
	err = t.record.Append(0, journal.Revealed{Text: checked.Name, Seed: seed, SHA256: sum})
	return err
}

// Holdout is the fixed text of the final checks of runs that were begun before there
// were others, if the preset has one.
func (t *Texts) Holdout() lab.Text {
	if _, err := os.Stat(t.folder.Holdout()); err != nil || !t.FromBase() {
		return lab.Text{}
	}
	return lab.Text{Name: journal.TextHoldout, File: t.folder.Holdout()}
}

// FromBase tells whether the run may be of the time when base commits had a holdout
// text.
func (t *Texts) FromBase() bool {
	run := t.record.Run()
	return run.Contract == 0 && len(run.Texts) == 0 && journal.HasBaseline(t.record.Experiments())
}
