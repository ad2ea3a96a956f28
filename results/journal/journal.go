package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Journal is a run's journal, open for appending. One process may hold it open
// at a time; its methods are safe for concurrent use within that process.
type Journal struct {
	// Repaired says what Open had to mend, for the user. It is empty when
	// the last writer ended in order.
	Repaired string

	mu     sync.Mutex
	disk   disk
	file   file
	size   int64
	seq    int
	before time.Duration // how long the journal was open in other processes
	fold   fold
	broken error // why nothing more may be appended
	now    func() time.Time
	since  func() time.Duration // how long it has been open in this one, by the monotonic clock
}

// Open opens the journal at path, creates it and its folder when they
// are missing, and returns its records. A torn tail, the record that a dying
// writer did not finish, is removed: nobody was told that it was written. Any
// other damage is an error that names the line.
func Open(path string) (*Journal, []Record, error) {
	return open(path, realDisk{})
}

func open(path string, disk disk) (*Journal, []Record, error) {
	file, err := disk.open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("open journal: %w", err)
	}
	opened := time.Now()
	journal := &Journal{disk: disk, file: file, now: time.Now, since: func() time.Duration { return time.Since(opened) }}
	records, err := journal.load()
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open journal %s: %w", path, err), file.Close())
	}
	return journal, records, nil
}

// load reads the file, mends its tail and puts the journal behind its last record.
func (j *Journal) load() ([]Record, error) {
	text, err := io.ReadAll(j.file)
	if err != nil {
		return nil, err
	}
	lines, err := parseJournal(text)
	if err != nil {
		return nil, err
	}
	if err := j.repair(lines); err != nil {
		return nil, err
	}
	for _, record := range lines.records {
		if err := j.fold.add(record); err != nil {
			return nil, err
		}
		j.before = time.Duration(record.ElapsedS * float64(time.Second))
	}
	j.seq = len(lines.records)
	return lines.records, nil
}

// repair makes the file end behind its last whole record, on the disk too.
func (j *Journal) repair(lines journalText) error {
	j.size = lines.size
	if err := j.file.Truncate(j.size); err != nil {
		return fmt.Errorf("remove torn tail: %w", err)
	}
	if lines.torn > 0 {
		j.Repaired = fmt.Sprintf("removed %d bytes of record %d, which was not finished when the last run ended",
			lines.torn, len(lines.records)+1)
	}
	if lines.unended {
		if _, err := j.file.Write([]byte("\n")); err != nil {
			return fmt.Errorf("end last line: %w", err)
		}
		j.size++
		j.Repaired = fmt.Sprintf("ended the line of record %d, which was whole", len(lines.records))
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("sync journal: %w", err)
	}
	if len(lines.records) > 0 {
		return nil
	}
	return j.syncName()
}

// Elapsed is how long the journal was open for appending, in this process and in
// those before it up to their last record. A clock that is set doesn't change it.
func (j *Journal) Elapsed() time.Duration { return j.before + j.since() }

// syncName makes the name of a new file durable, in the folders that lead to it.
func (j *Journal) syncName() error {
	folder := filepath.Dir(j.file.Name())
	for _, name := range []string{folder, filepath.Dir(folder)} {
		if err := j.disk.syncFolder(name); err != nil {
			return err
		}
	}
	return nil
}

// Append writes one record, with the next sequence number and the current time.
// When it returns nil the record is on the disk. A record that Fold would not
// accept is refused and not written.
// After a failed write the journal takes no more records: open it again.
func (j *Journal) Append(experiment int, data Data) error {
	kind := data.kind()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken != nil {
		return fmt.Errorf("append %s record: %w", kind, j.broken)
	}
	record, line, err := encode(Record{
		Version: SchemaVersion, Seq: j.seq + 1, Kind: kind, Experiment: experiment,
		Time: j.now().UTC().Truncate(time.Millisecond), ElapsedS: j.Elapsed().Round(time.Millisecond).Seconds(),
	}, data)
	if err != nil {
		return fmt.Errorf("append %s record: %w", kind, err)
	}
	if err := j.fold.add(record); err != nil {
		return fmt.Errorf("append %s record: %w", kind, err)
	}
	if err := j.write(line); err != nil {
		j.broken = errors.New("an earlier write failed; open the journal again")
		return fmt.Errorf("append %s record: %w", kind, err)
	}
	j.seq++
	return nil
}

// write appends line durably, or leaves the file as it was as far as it can.
func (j *Journal) write(line []byte) error {
	_, err := j.file.Write(line)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return errors.Join(err, j.file.Truncate(j.size))
	}
	j.size += int64(len(line))
	return nil
}

// State returns the fold of all records so far, without reading the file again.
func (j *Journal) State() (Run, []Experiment) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.fold.run, slices.Clone(j.fold.experiments)
}

// Close closes the file. Everything that Append acknowledged is on the disk
// already.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.broken = os.ErrClosed
	if err := j.file.Close(); err != nil {
		return fmt.Errorf("close journal: %w", err)
	}
	return nil
}

// Read returns the records of the journal at path and changes nothing,
// so that it may be used while a run writes. A torn tail is left out.
func Read(path string) ([]Record, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	lines, err := parseJournal(text)
	if err != nil {
		return nil, fmt.Errorf("read journal %s: %w", path, err)
	}
	return lines.records, nil
}
