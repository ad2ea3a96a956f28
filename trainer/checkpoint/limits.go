package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/ternlab/ternlab/trainer/llama"
)

// What a model folder may hold is bounded before any of it is read: its files come
// from anywhere, and a few bytes of JSON can take a hundred times as many in memory.
const (
	maxJSON          = 1 << 20 // bytes of config.json, and of an index or a header beside its tensors
	jsonPerTensor    = 256     // bytes of an index or a header for each tensor
	tensorsPerWeight = 4       // codes, scales, bias and input scales at most
	maxFiles         = 64      // in an export's folder, hidden ones included
)

// maxTensors is the most tensors that a file of this architecture may describe.
func maxTensors(config llama.Config) int {
	return tensorsPerWeight * (len(config.LayerTensors())*config.NumHiddenLayers + len(config.EndTensors()))
}

// maxHeader is the most bytes of a safetensors header, or of an index, that
// describes so many tensors.
func maxHeader(tensors int) int64 { return maxJSON + jsonPerTensor*int64(tensors) }

// maxExport is the most bytes of an export's weights: the smallest groups, all
// biases, a scale for each input.
func maxExport(config llama.Config) int64 {
	size := 8 + maxHeader(maxTensors(config))
	for _, tensor := range config.Tensors() {
		values := int64(tensor.Size())
		if !tensor.Linear {
			size += 4 * values
			continue
		}
		out, in := int64(tensor.Shape[0]), int64(tensor.Shape[1])
		size += values + 2*max(out, values/smallestGroup) + 4*out + 4*in
	}
	return size
}

// readSmall reads a file of text, which must be a plain one of no more than so many
// bytes. Its size is looked at first.
func readSmall(folder fs.FS, name string, most int64) ([]byte, error) {
	info, err := fs.Stat(folder, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no plain file", name)
	}
	if info.Size() > most {
		return nil, fmt.Errorf("%s has %d bytes, want at most %d", name, info.Size(), most)
	}
	file, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	data, err := io.ReadAll(io.LimitReader(file, most))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return data, nil
}

// checkFiles refuses an export's folder that holds anything but an export. What
// begins with a dot, as editors and interrupted writes leave it, is never read.
func checkFiles(folder fs.FS) error {
	opened, err := folder.Open(".")
	if err != nil {
		return fmt.Errorf("list the folder: %w", err)
	}
	defer func() { _ = opened.Close() }() // it was only read
	directory, ok := opened.(fs.ReadDirFile)
	if !ok {
		return errors.New("list the folder: it is none")
	}
	entries, err := directory.ReadDir(maxFiles + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("list the folder: %w", err)
	}
	if len(entries) > maxFiles {
		return fmt.Errorf("its folder holds more than %d files", maxFiles)
	}
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasPrefix(name, ".") && !slices.Contains([]string{configFile, weightsFile}, name) {
			return fmt.Errorf("its folder also holds %q, and an export is %s and %s alone; move it elsewhere", name, configFile, weightsFile)
		}
	}
	return nil
}

// checkExportSize refuses weights that are larger than any of this architecture.
func checkExportSize(folder fs.FS, config llama.Config) error {
	info, err := fs.Stat(folder, weightsFile)
	if err != nil {
		return err
	}
	if most := maxExport(config); info.Size() > most {
		return fmt.Errorf("%s has %d bytes, and no export of this model more than %d", weightsFile, info.Size(), most)
	}
	return nil
}

// parseEntries reads a safetensors header of no more than so many tensors, one at
// a time: no name may come twice.
func parseEntries(header []byte, most int) (map[string]entry, error) {
	decoder := json.NewDecoder(bytes.NewReader(header))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, errors.Join(errors.New("parse header: it is no JSON object"), err)
	}
	entries := map[string]entry{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("parse header: %w", err)
		}
		name, _ := token.(string) // a key is a string
		var e entry
		var target any = &e
		if name == "__metadata__" {
			target = &json.RawMessage{}
		}
		if err := decoder.Decode(target); err != nil {
			return nil, fmt.Errorf("parse header of %s: %w", name, err)
		}
		if name == "__metadata__" {
			continue
		}
		if _, twice := entries[name]; twice {
			return nil, fmt.Errorf("parse header: tensor %s is described twice", name)
		}
		if len(entries) == most {
			return nil, fmt.Errorf("parse header: it describes more than %d tensors", most)
		}
		entries[name] = e
	}
	if _, err := decoder.Token(); err != nil { // the closing brace
		return nil, fmt.Errorf("parse header: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("parse header: something follows it")
	}
	return entries, nil
}
