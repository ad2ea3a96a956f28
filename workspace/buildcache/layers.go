package buildcache

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// layers are the two folders of a cache, both in the go command's own layout:
// below XX/, the first two digits, ACTION-a says which output an action has, and
// OUTPUT-d is that output.
type layers struct {
	below string // only read
	above string
	keep  bool // what is found below is taken over
}

// output is what an action gave.
type output struct {
	id   []byte
	size int64
	time time.Time
	path string
}

// errMissing says that neither layer has an action.
var errMissing = errors.New("not in the cache")

func file(folder string, id []byte, kind string) string {
	name := hex.EncodeToString(id)
	return filepath.Join(folder, name[:2], name+kind)
}

// get finds an action's output.
func (l layers) get(action []byte) (output, error) {
	found, err := read(l.above, action)
	if err == nil {
		return found, nil
	}
	if found, err = read(l.below, action); err != nil || !l.keep {
		return found, err
	}
	return l.takeOver(action, found)
}

// takeOver links or copies an output to the upper layer.
func (l layers) takeOver(action []byte, found output) (output, error) {
	target := file(l.above, found.id, "-d")
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return output{}, err
	}
	if err := os.Link(found.path, target); err == nil || errors.Is(err, fs.ErrExist) {
		return l.enter(action, found.id, found.size)
	}
	content, err := os.Open(found.path)
	if err != nil {
		return output{}, err
	}
	defer func() { _ = content.Close() }() // it was only read
	return l.put(action, found.id, found.size, content)
}

// put stores an action's output in the upper layer.
func (l layers) put(action, id []byte, size int64, content io.Reader) (output, error) {
	target := file(l.above, id, "-d")
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return output{}, err
	}
	if err := replace(target, content, size); err != nil {
		return output{}, err
	}
	return l.enter(action, id, size)
}

// enter notes which output an action has.
func (l layers) enter(action, id []byte, size int64) (output, error) {
	now := time.Now()
	entry := fmt.Sprintf("v1 %x %x %20d %20d\n", action, id, size, now.UnixNano())
	target := file(l.above, action, "-a")
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return output{}, err
	}
	if err := replace(target, bytes.NewReader([]byte(entry)), int64(len(entry))); err != nil {
		return output{}, err
	}
	return output{id, size, now, file(l.above, id, "-d")}, nil
}

// replace writes a file whole or not at all: another go command may read it.
func replace(target string, content io.Reader, size int64) error {
	unfinished, err := os.CreateTemp(filepath.Dir(target), ".new-*")
	if err != nil {
		return err
	}
	written, err := io.Copy(unfinished, content)
	if err == nil && written != size {
		err = fmt.Errorf("%d bytes, want %d", written, size)
	}
	if err := errors.Join(err, unfinished.Close()); err != nil {
		return errors.Join(err, os.Remove(unfinished.Name()))
	}
	return os.Rename(unfinished.Name(), target)
}

// read looks an action up in one layer. Anything odd about it counts as missing.
func read(folder string, action []byte) (output, error) {
	entry, err := os.ReadFile(file(folder, action, "-a"))
	if err != nil {
		return output{}, errMissing
	}
	fields := bytes.Fields(entry)
	if len(fields) != 5 || string(fields[0]) != "v1" || string(fields[1]) != hex.EncodeToString(action) {
		return output{}, errMissing
	}
	id, errID := hex.DecodeString(string(fields[2]))
	size, errSize := strconv.ParseInt(string(fields[3]), 10, 64)
	nanos, errTime := strconv.ParseInt(string(fields[4]), 10, 64)
	if errors.Join(errID, errSize, errTime) != nil || len(id) == 0 {
		return output{}, errMissing
	}
	path := file(folder, id, "-d")
	if info, err := os.Stat(path); err != nil || info.Size() != size {
		return output{}, errMissing
	}
	return output{id, size, time.Unix(0, nanos), path}, nil
}
