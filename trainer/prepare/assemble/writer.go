package assemble

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/ternlab/ternlab/trainer/prepare"
	"github.com/ternlab/ternlab/trainer/tokenizer"
)

const (
	batchStories = 256     // stories that are tokenized at once
	saveTokens   = 1 << 20 // tokens after which progress is saved
	stateFile    = "train.state.json"
	partFile     = prepare.TrainFile + ".part"
)

// state is how much of a training text is surely on disk. The order of stories
// is drawn anew by who goes on, so their number says where that is.
type state struct {
	Text      prepare.TrainInfo `json:"text"`      // what is being written
	File      int               `json:"file"`      // files done, in their order
	Stories   int               `json:"stories"`   // stories taken from the next one
	Tokens    int               `json:"tokens"`    // in train.tokens.part
	Documents int               `json:"documents"` // whole stories in it
}

// parseState reads a state; ok is false for one of another text or of none.
func parseState(data []byte, wanted prepare.TrainInfo) (s state, ok bool) {
	if json.Unmarshal(data, &s) != nil || !sameText(s.Text, wanted) {
		return state{Text: wanted}, false
	}
	if s.File < 0 || s.Stories < 0 || s.Documents < 0 || s.Tokens < 0 || s.Tokens > 1<<40 {
		return state{Text: wanted}, false
	}
	return s, true
}

// writer appends stories to train.tokens.part.
type writer struct {
	folder    string
	file      *os.File
	tokenizer prepare.Tokenizer
	state     state
	saved     int // tokens when the state was saved
}

// openWriter goes on with the text that an earlier run began, if it is the same,
// and begins it otherwise.
func openWriter(folder string, wanted prepare.TrainInfo, tokenizer prepare.Tokenizer) (*writer, error) {
	file, err := os.OpenFile(filepath.Join(folder, partFile), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("write training text: %w", err)
	}
	w := &writer{folder: folder, file: file, tokenizer: tokenizer, state: state{Text: wanted}}
	if data, err := os.ReadFile(filepath.Join(folder, stateFile)); err == nil {
		w.state, _ = parseState(data, wanted)
	}
	size, err := file.Seek(0, io.SeekEnd)
	if err == nil && size < w.bytes() { // less than was saved: begin again
		w.state = state{Text: wanted}
	}
	if err == nil && size > w.bytes() {
		err = file.Truncate(w.bytes())
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekEnd)
	}
	w.saved = w.state.Tokens
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("write training text: %w", err)
	}
	return w, nil
}

// bytes is the length of the tokens so far.
func (w *writer) bytes() int64 { return int64(w.state.Tokens) * int64(w.state.Text.TokenBytes) }

// full tells whether there are as many tokens as were asked for.
func (w *writer) full() bool {
	return w.state.Text.Requested > 0 && w.state.Tokens >= w.state.Text.Requested
}

// take tokenizes the stories of one file, from the first one that isn't taken
// yet, until there are no more or enough.
func (w *writer) take(ctx context.Context, stories iter.Seq2[string, error], report func(tokens int64)) error {
	skip := w.state.Stories
	var batch []string
	for story, err := range stories {
		if err != nil {
			return err
		}
		if skip > 0 {
			skip--
			continue
		}
		if batch = append(batch, story); len(batch) < batchStories {
			continue
		}
		if err := w.write(batch); err != nil {
			return err
		}
		report(int64(w.state.Tokens))
		if batch = batch[:0]; w.full() {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	err := w.write(batch)
	report(int64(w.state.Tokens))
	return err
}

// write appends a batch of stories, each with an end-of-text token after it,
// up to the number of tokens that were asked for. Empty stories are left out.
func (w *writer) write(batch []string) error {
	var text strings.Builder
	for _, story := range batch {
		if strings.TrimSpace(story) != "" {
			text.WriteString(story)
			text.WriteString(tokenizer.EndOfText)
		}
	}
	ids := w.tokenizer.Encode(text.String()).IDs
	if requested := w.state.Text.Requested; requested > 0 {
		ids = ids[:min(len(ids), requested-w.state.Tokens)]
	}
	for _, id := range ids {
		if id == w.state.Text.EndOfText {
			w.state.Documents++
		}
	}
	if _, err := w.file.Write(prepare.AppendTokens(nil, ids, w.state.Text.TokenBytes)); err != nil {
		return err
	}
	w.state.Stories += len(batch)
	w.state.Tokens += len(ids)
	if w.state.Tokens-w.saved < saveTokens {
		return nil
	}
	return w.save()
}

// save makes sure that what is written so far survives.
func (w *writer) save() error {
	if err := w.file.Sync(); err != nil {
		return err
	}
	data, err := json.Marshal(w.state)
	if err != nil {
		return err
	}
	w.saved = w.state.Tokens
	return renameio.WriteFile(filepath.Join(w.folder, stateFile), data, 0o644)
}

// finish turns the part into train.tokens and describes it in train.json.
func (w *writer) finish(source prepare.Source) error {
	info := w.state.Text
	info.Tokens, info.Documents, info.Source = w.state.Tokens, w.state.Documents, source
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(w.file, 0, w.bytes())); err != nil {
		return fmt.Errorf("read training text: %w", err)
	}
	info.SHA256 = fmt.Sprintf("%x", sum.Sum(nil))
	data, err := info.JSON()
	if err == nil {
		err = os.Rename(filepath.Join(w.folder, partFile), filepath.Join(w.folder, prepare.TrainFile))
	}
	if err == nil {
		err = renameio.WriteFile(filepath.Join(w.folder, prepare.TrainInfoFile), data, 0o644)
	}
	if err != nil {
		return fmt.Errorf("write training text: %w", err)
	}
	return os.Remove(filepath.Join(w.folder, stateFile))
}
