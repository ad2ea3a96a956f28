package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/ternlab/ternlab/workspace/visible"
)

// errChecksum marks a line that is not what its writer wrote.
var errChecksum = errors.New("checksum does not fit: the line was changed after it was written; restore the file from a copy")

// checksumEnd is the end of each line, with the checksum as 8 hex digits.
const checksumEnd = `,"crc":"%08x"}`

// journalText is a journal's file taken apart.
type journalText struct {
	records []Record
	size    int64 // bytes of the whole records at the start
	torn    int   // bytes behind them
	unended bool  // the last record is whole, but its line break is missing
}

// parseJournal takes the text of a journal apart. Only the last line may be
// torn: a writer begins a line when all before it are on the disk. What a crash
// leaves of a line is never whole JSON; a last line that is has been changed
// since it was acknowledged, and is an error like any other.
func parseJournal(text []byte) (journalText, error) {
	var lines journalText
	for rest := text; len(rest) > 0; {
		line, next, ended := bytes.Cut(rest, []byte("\n"))
		seq := len(lines.records) + 1
		record, err := decodeLine(line, seq)
		if errors.Is(err, errChecksum) && len(next) == 0 && !json.Valid(line) {
			lines.torn = len(rest)
			break
		}
		if err != nil {
			return journalText{}, fmt.Errorf("line %d: %w", seq, err)
		}
		lines.records = append(lines.records, record)
		lines.size += int64(len(rest) - len(next))
		lines.unended = !ended
		rest = next
	}
	return lines, nil
}

// encode returns the record with its data, and its line for the file.
func encode(record Record, data any) (Record, []byte, error) {
	text, err := encodeJSON(data)
	if err != nil {
		return Record{}, nil, err
	}
	record.Data = text
	body, err := encodeJSON(record)
	if err != nil {
		return Record{}, nil, err
	}
	line := fmt.Appendf(body[:len(body)-1:len(body)-1], checksumEnd+"\n", checksum(body))
	return record, line, nil
}

// encodeJSON is json.Marshal that leaves <, > and & as they are, and escapes what
// steers a terminal or hides: a journal holds diffs, and people read it.
func encodeJSON(value any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return visible.JSON(bytes.TrimSuffix(text.Bytes(), []byte("\n"))), nil
}

// decodeLine checks and reads the line of record seq.
func decodeLine(line []byte, seq int) (Record, error) {
	body, err := verify(line)
	if err != nil {
		return Record{}, err
	}
	var record Record
	if err := json.Unmarshal(body, &record); err != nil {
		return Record{}, fmt.Errorf("parse record: %w", err)
	}
	switch {
	case record.Version > SchemaVersion:
		return Record{}, fmt.Errorf("schema version %d is newer than %d; update this program", record.Version, SchemaVersion)
	case record.Version < 1:
		return Record{}, fmt.Errorf("schema version %d does not exist", record.Version)
	case record.Seq != seq:
		return Record{}, fmt.Errorf("record has sequence number %d, want %d", record.Seq, seq)
	}
	return record, nil
}

// verify returns the line without its checksum, which must fit.
func verify(line []byte) ([]byte, error) {
	cut := len(line) - len(fmt.Sprintf(checksumEnd, 0))
	if cut < 1 {
		return nil, errChecksum
	}
	body := append(bytes.Clone(line[:cut]), '}')
	if string(line[cut:]) != fmt.Sprintf(checksumEnd, checksum(body)) {
		return nil, errChecksum
	}
	return body, nil
}

// checksum is CRC-32C (Castagnoli).
func checksum(body []byte) uint32 {
	return crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))
}
