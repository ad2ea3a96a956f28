package assemble

import (
	"context"
	"fmt"
	"path"
	"path/filepath"

	"github.com/ternlab/ternlab/trainer/prepare"
	"github.com/ternlab/ternlab/trainer/prepare/hub"
	"github.com/ternlab/ternlab/workspace/diskspace"
)

// spareSpace is for the evaluation text and other small files, in bytes.
const spareSpace = 16 << 20

// checkSpace compares what is still to be written with what the disk has left.
func (w *work) checkSpace(context.Context) error {
	free, err := diskspace.Free(w.folder)
	if err != nil {
		return err
	}
	if need := w.neededSpace(); need > free {
		return fmt.Errorf("%w: preparing takes %d MB more in %s, %d MB are left; free some space or name another folder by --data",
			hub.ErrDiskFull, need>>20, w.Data, free>>20)
	}
	return nil
}

// neededSpace is how many bytes are still to be written, at most: model, one
// file of stories at a time, tokens.
func (w *work) neededSpace() uint64 {
	need := int64(spareSpace)
	for _, file := range w.plan.Model.Files {
		need += max(file.Size-hub.Fetched(filepath.Join(w.folder, file.Name)), 0)
	}
	for _, file := range w.plan.Eval.Files {
		need += file.Size
	}
	var largest int64
	for _, file := range w.plan.Train.Files {
		largest = max(largest, file.Size-hub.Fetched(filepath.Join(w.downloads(), path.Base(file.Name))))
	}
	const tokenBytes = 2 // SmolLM's vocabulary fits
	tokens := int64(w.TrainTokens)*tokenBytes - hub.Fetched(filepath.Join(w.folder, prepare.TrainFile))
	return uint64(need + largest + max(tokens, 0))
}
