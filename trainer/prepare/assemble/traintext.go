package assemble

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"

	"github.com/ternlab/ternlab/trainer/prepare"
	"github.com/ternlab/ternlab/trainer/prepare/dataset"
	"github.com/ternlab/ternlab/trainer/prepare/hub"
)

// Streams of random numbers, apart from each other and from other uses of the
// seed.
const (
	fileStream  = 0x66696c6573   // the order of the files
	storyStream = 0x73746f726965 // plus a file's number by name: the order of its stories
)

// makeTrainText writes train.tokens and train.json, unless they are there.
func (w *work) makeTrainText(ctx context.Context) error {
	tokenizer, err := w.tokenizer()
	if err != nil {
		return err
	}
	wanted, err := w.wantedText(tokenizer)
	if err != nil {
		return err
	}
	if w.hasTrainText(wanted) {
		return nil
	}
	writer, err := openWriter(w.folder, wanted, tokenizer)
	if err != nil {
		return err
	}
	defer func() { _ = writer.file.Close() }()
	files, order := w.plan.Train.Files, fileOrder(len(w.plan.Train.Files), w.Seed)
	for writer.state.File < len(order) && !writer.full() {
		number := order[writer.state.File]
		if err := w.takeFile(ctx, writer, files[number], number); err != nil {
			return err
		}
	}
	var read []hub.File
	for _, number := range order[:writer.state.File] {
		read = append(read, files[number])
	}
	return writer.finish(from(read))
}

// wantedText describes the text that the options ask for.
func (w *work) wantedText(tokenizer prepare.Tokenizer) (prepare.TrainInfo, error) {
	end, ok := tokenizer.EndOfText()
	if !ok {
		return prepare.TrainInfo{}, errors.New("tokenize training text: tokenizer.json has no token <|endoftext|> to put between stories")
	}
	source := from(w.plan.Train.Files)
	source.Files = nil // known at the end
	return prepare.TrainInfo{
		TokenBytes: prepare.TokenBytes(tokenizer.VocabSize()), Tokenizer: tokenizer.SHA256(), EndOfText: end,
		Requested: w.TrainTokens, Seed: w.Seed, ShuffleBuffer: ShuffleBuffer, Source: source,
	}, nil
}

// hasTrainText tells whether the text that is there is whole and the wanted one.
func (w *work) hasTrainText(wanted prepare.TrainInfo) bool {
	data, err := os.ReadFile(filepath.Join(w.folder, prepare.TrainInfoFile))
	if err != nil {
		return false
	}
	info, err := prepare.ParseTrainInfo(data)
	if err != nil || !sameText(info, wanted) {
		return false
	}
	preset, err := prepare.OpenIn(w.spec.Name, w.Data)
	if err == nil {
		_, err = preset.TrainTokens()
	}
	return err == nil
}

// sameText compares what determines a text.
func sameText(a, b prepare.TrainInfo) bool {
	return a.TokenBytes == b.TokenBytes && a.Tokenizer == b.Tokenizer && a.EndOfText == b.EndOfText &&
		a.Requested == b.Requested && a.Seed == b.Seed && a.ShuffleBuffer == b.ShuffleBuffer &&
		a.Source.Repository == b.Source.Repository && a.Source.Revision == b.Source.Revision
}

// fileOrder is the order in which n files are read.
func fileOrder(n int, seed uint64) []int {
	return rand.New(rand.NewPCG(seed, fileStream)).Perm(n)
}

// stories yields a file's stories, shuffled, without empty ones.
func stories(file string, number int, seed uint64) iter.Seq2[string, error] {
	return dataset.Shuffle(dataset.Rows(file), ShuffleBuffer, rand.New(rand.NewPCG(seed, storyStream+uint64(number))))
}

// takeFile tokenizes the stories of one file; the file is gone afterwards.
func (w *work) takeFile(ctx context.Context, writer *writer, file hub.File, number int) error {
	parquet := filepath.Join(w.downloads(), path.Base(file.Name))
	if err := w.fetch(ctx, file, parquet); err != nil {
		return err
	}
	w.progress.Begin("training tokens", Tokens, int64(writer.state.Tokens), int64(w.TrainTokens))
	defer w.progress.End()
	err := writer.take(ctx, stories(parquet, number, w.Seed), w.progress.Update)
	if err == nil {
		writer.state.File, writer.state.Stories = writer.state.File+1, 0
	}
	if saveErr := writer.save(); err == nil {
		err = saveErr
	}
	if err != nil {
		return fmt.Errorf("tokenize training text: %w", err)
	}
	return os.Remove(parquet)
}
