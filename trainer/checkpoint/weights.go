package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
)

// indexFile says which tensor lies in which file, where a model has several.
const indexFile = "model.safetensors.index.json"

// weights are a model folder's tensors, still on disk. Those that were taken
// are no longer in arrays.
type weights struct {
	arrays map[string]stored
	files  []io.Closer
	most   int // tensors that a file may describe
}

// openWeights opens model.safetensors, or the files that its index names. Each
// describes at most so many tensors.
func openWeights(folder fs.FS, tensors int) (*weights, error) {
	w := &weights{arrays: map[string]stored{}, most: tensors}
	whole, err := fs.Stat(folder, weightsFile)
	if err == nil && !whole.IsDir() {
		w.arrays, err = w.openFile(folder, weightsFile)
	} else if index, indexErr := readSmall(folder, indexFile, maxHeader(tensors)); !errors.Is(indexErr, fs.ErrNotExist) {
		if err = indexErr; err == nil {
			err = w.openShards(folder, index)
		}
	}
	if err != nil {
		w.close()
		return nil, fmt.Errorf("read weights: %w", err)
	}
	return w, nil
}

func (w *weights) close() {
	for _, file := range w.files {
		_ = file.Close() // nothing was written
	}
}

// openFile opens a safetensors file and reads its header.
func (w *weights) openFile(folder fs.FS, name string) (map[string]stored, error) {
	file, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	w.files = append(w.files, file)
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	reader, ok := file.(io.ReaderAt)
	if !ok {
		return nil, fmt.Errorf("%s: its folder can't be read at any place", name)
	}
	arrays, err := parseSafetensors(reader, info.Size(), w.most)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return arrays, nil
}

// openShards opens all files of an index. Each must hold exactly the tensors
// that the index says.
func (w *weights) openShards(folder fs.FS, index []byte) error {
	var content struct {
		Files map[string]string `json:"weight_map"` // by tensor
	}
	if err := json.Unmarshal(index, &content); err != nil {
		return fmt.Errorf("parse %s: %w", indexFile, err)
	}
	if len(content.Files) == 0 {
		return fmt.Errorf("parse %s: its weight_map is empty", indexFile)
	}
	shards := slices.Sorted(maps.Values(content.Files))
	for _, shard := range slices.Compact(shards) {
		if shard != path.Base(shard) || !fs.ValidPath(shard) {
			return fmt.Errorf("%s names the file %q, want one of the same folder", indexFile, shard)
		}
		arrays, err := w.openFile(folder, shard)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w; %s needs it: fetch the model's missing files", err, indexFile)
		}
		if err != nil {
			return err
		}
		for name, array := range arrays {
			if content.Files[name] != shard {
				return fmt.Errorf("%s holds the tensor %s, which isn't there according to %s", shard, name, indexFile)
			}
			w.arrays[name] = array
		}
	}
	for name, shard := range content.Files {
		if _, found := w.arrays[name]; !found {
			return fmt.Errorf("%s lacks the tensor %s that %s promises", shard, name, indexFile)
		}
	}
	return nil
}

// take removes a tensor from those not yet accounted for.
func (w *weights) take(name string, shape ...int) (stored, error) {
	tensor, found := w.arrays[name]
	if !found {
		return stored{}, fmt.Errorf("tensor %s is missing", name)
	}
	delete(w.arrays, name)
	if err := tensor.hasShape(shape...); err != nil {
		return stored{}, fmt.Errorf("tensor %s: %w", name, err)
	}
	return tensor, nil
}

// takeFloats takes a floating-point tensor and reads it.
func (w *weights) takeFloats(name string, shape ...int) ([]float32, error) {
	tensor, err := w.take(name, shape...)
	if err != nil {
		return nil, err
	}
	values, err := tensor.float32s()
	if err != nil {
		return nil, fmt.Errorf("tensor %s: %w", name, err)
	}
	return values, nil
}

// nothingLeft refuses tensors that nobody took.
func (w *weights) nothingLeft() error {
	if len(w.arrays) > 0 {
		return fmt.Errorf("unexpected tensor %s (and %d more)", slices.Sorted(maps.Keys(w.arrays))[0], len(w.arrays)-1)
	}
	return nil
}
