package texts

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"unicode/utf8"

	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/results/journal"
)

// TextError says why a text of the user's can't be what a final check measures on.
type TextError struct {
	File   string
	Reason string
}

// Error names the flag, the file and the reason.
func (e *TextError) Error() string { return fmt.Sprintf("--unseen-text %s: %s", e.File, e.Reason) }

// largestText is the most bytes that a private text may have: far more than anybody
// has the patience to measure on.
const largestText = 64 << 20

// Check refuses a file that can't be what a final check measures on.
func Check(file string) error {
	_, err := readText(file)
	return err
}

// readText reads the user's text, and refuses what is none.
func readText(file string) ([]byte, error) {
	refuse := func(reason string) error { return &TextError{file, reason} }
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, refuse("there is no such file")
	case err != nil:
		return nil, fmt.Errorf("read --unseen-text: %w", err)
	case !info.Mode().IsRegular():
		return nil, refuse("it is no plain file")
	}
	opened, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read --unseen-text: %w", err)
	}
	defer func() { _ = opened.Close() }() // it was only read
	content, err := io.ReadAll(io.LimitReader(opened, largestText+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read --unseen-text: %w", err)
	case len(content) > largestText:
		return nil, refuse(fmt.Sprintf("it has more than %d MiB; a part of it does as well", largestText>>20))
	case len(bytes.TrimSpace(content)) == 0:
		return nil, refuse("it is empty")
	case !utf8.Valid(content) || bytes.IndexByte(content, 0) >= 0:
		return nil, refuse("it is no UTF-8 text; convert it first")
	}
	return content, nil
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// FixPrivate makes the user's file the text of the next final check: copied into the
// run's folder, journaled by its digest. It does nothing where it is that already.
func (t *Texts) FixPrivate(ctx context.Context) error {
	file := t.file
	content, err := readText(file)
	if err != nil {
		return err
	}
	digest := digestOf(content)
	if newest := len(t.record.Run().Texts) - 1; newest >= 0 && t.record.Run().Texts[newest].Digest == digest {
		_, err := t.seedOrText(t.record.Run().Texts[newest])
		return err
	}
	copied := t.folder.Text(t.nextTextName(journal.TextPrivate))
	if err := t.writeHidden(copied, content); err != nil {
		return fmt.Errorf("copy --unseen-text: %w", err)
	}
	if err := t.checkText(ctx, copied); err != nil {
		return err
	}
	t.screen.Say(fmt.Sprintf("the final check will be on %s (SHA-256 %s)", line.Clean(file), line.Commit(digest)))
	return t.appendText(journal.Unseen{Kind: journal.TextPrivate, Digest: digest})
}

// checkText has the evaluator compare a text with the preset's own: it must be long
// enough, and no copy of what is trained or measured on.
func (t *Texts) checkText(ctx context.Context, file string) error {
	err := t.lab.CheckText(ctx, file)
	if err == nil || ctx.Err() != nil {
		return err
	}
	return errors.Join(&TextError{t.file, err.Error()}, os.Remove(file))
}
