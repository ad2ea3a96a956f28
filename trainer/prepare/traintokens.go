package prepare

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/edsrzf/mmap-go"
)

// Files of a prepared training text.
const (
	TrainFile     = "train.tokens" // token ids, little-endian, of 2 or 4 bytes
	TrainInfoFile = "train.json"   // what is in it: a TrainInfo
)

// trainFormat is the version of the two files' form.
const trainFormat = "ternlab train tokens 1"

// TrainInfo is a train.json: what train.tokens holds and how it was made.
type TrainInfo struct {
	Format        string `json:"format"`
	Tokens        int    `json:"tokens"`
	TokenBytes    int    `json:"token_bytes"` // bytes of a token id: 2 or 4
	SHA256        string `json:"sha256"`      // of train.tokens
	Tokenizer     string `json:"tokenizer_sha256"`
	EndOfText     int32  `json:"end_of_text"` // the token after each document
	Documents     int    `json:"documents"`
	Requested     int    `json:"requested_tokens"` // 0: all there are
	Seed          uint64 `json:"seed"`             // of the documents' order
	ShuffleBuffer int    `json:"shuffle_buffer"`   // documents
	Source        Source `json:"source"`
}

// Source is where a text comes from.
type Source struct {
	Repository string   `json:"repository,omitempty"` // on the hub; empty for local files
	Revision   string   `json:"revision,omitempty"`   // commit
	Files      []string `json:"files"`                // in the order in which they were read
}

// TokenBytes is the number of bytes that ids below the vocabulary's size need
// in train.tokens.
func TokenBytes(vocabSize int) int {
	if vocabSize <= 1<<16 {
		return 2
	}
	return 4
}

// AppendTokens writes token ids as train.tokens has them.
func AppendTokens(data []byte, ids []int32, tokenBytes int) []byte {
	for _, id := range ids {
		if tokenBytes == 2 {
			data = binary.LittleEndian.AppendUint16(data, uint16(id))
		} else {
			data = binary.LittleEndian.AppendUint32(data, uint32(id))
		}
	}
	return data
}

// JSON is the content of train.json.
func (i TrainInfo) JSON() ([]byte, error) {
	i.Format = trainFormat
	data, err := json.MarshalIndent(i, "", "  ")
	return append(data, '\n'), err
}

// ParseTrainInfo reads the content of a train.json.
func ParseTrainInfo(data []byte) (TrainInfo, error) {
	var info TrainInfo
	if err := json.Unmarshal(data, &info); err != nil {
		return TrainInfo{}, fmt.Errorf("parse %s: %w", TrainInfoFile, err)
	}
	switch {
	case info.Format != trainFormat:
		return TrainInfo{}, fmt.Errorf("parse %s: format is %q, want %q", TrainInfoFile, info.Format, trainFormat)
	case info.TokenBytes != 2 && info.TokenBytes != 4:
		return TrainInfo{}, fmt.Errorf("parse %s: token_bytes is %d, want 2 or 4", TrainInfoFile, info.TokenBytes)
	case info.Tokens < 1 || info.Tokens > 1<<40:
		return TrainInfo{}, fmt.Errorf("parse %s: tokens is %d, want 1 or more", TrainInfoFile, info.Tokens)
	}
	return info, nil
}

// openTrainTokens opens a prepared training text, checks that it is whole and
// made by this tokenizer, and leaves it on disk.
func openTrainTokens(folder fs.FS, tokenizer Tokenizer) (Text, error) {
	data, err := fs.ReadFile(folder, TrainInfoFile)
	if err != nil {
		return nil, fmt.Errorf("open training text: %w", err)
	}
	info, err := ParseTrainInfo(data)
	if err != nil {
		return nil, err
	}
	if info.Tokenizer != tokenizer.SHA256() {
		return nil, errors.New("training text was made with another tokenizer than tokenizer.json")
	}
	file, err := folder.Open(TrainFile)
	if err != nil {
		return nil, fmt.Errorf("open training text: %w", err)
	}
	defer func() { _ = file.Close() }()
	return mapTokens(file, info)
}

// mapTokens checks the file's length and checksum and maps it into memory: a
// batch reads a few pages of it.
func mapTokens(file fs.File, info TrainInfo) (Text, error) {
	sum := sha256.New()
	size, err := io.Copy(sum, file)
	if err != nil {
		return nil, fmt.Errorf("read training text: %w", err)
	}
	if got := fmt.Sprintf("%x", sum.Sum(nil)); size != int64(info.Tokens)*int64(info.TokenBytes) || got != info.SHA256 {
		return nil, fmt.Errorf("%s is damaged: %d bytes with checksum %s, want %d tokens of %d bytes with %s",
			TrainFile, size, got, info.Tokens, info.TokenBytes, info.SHA256)
	}
	onDisk, ok := file.(*os.File)
	if !ok {
		return nil, fmt.Errorf("read training text: %s isn't a file on disk", TrainFile)
	}
	mapped, err := mmap.Map(onDisk, mmap.RDONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("map training text: %w", err)
	}
	return mappedText{mapped, info}, nil
}

// mappedText is a training text on disk; it stays mapped until the program
// ends.
type mappedText struct {
	data mmap.MMap
	info TrainInfo
}

// Len is the number of tokens.
func (t mappedText) Len() int { return t.info.Tokens }

// Copy fills ids with the tokens from place start on.
func (t mappedText) Copy(ids []int32, start int) {
	for i := range ids {
		place := (start + i) * t.info.TokenBytes
		if t.info.TokenBytes == 2 {
			ids[i] = int32(binary.LittleEndian.Uint16(t.data[place:]))
		} else {
			ids[i] = int32(binary.LittleEndian.Uint32(t.data[place:]))
		}
	}
}
