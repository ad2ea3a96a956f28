package record

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/ternlab/ternlab/agent/failpoint"
	"github.com/ternlab/ternlab/agent/observe"
	"github.com/ternlab/ternlab/agent/runs"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/workspace/secrets"
)

// Record is a run's record, which this process writes.
type Record struct {
	folder   runs.Folder
	lock     *flock.Flock
	journal  *journal.Journal
	hidden   secrets.Redactor // of what this process knows and nobody else may
	observer observe.Observer
}

// Open takes the record of a run for this process, and makes the run's folder if it
// isn't there. The journal is read by [Record.Read].
func Open(folder runs.Folder, observer observe.Observer) (*Record, error) {
	if err := os.MkdirAll(string(folder), 0o755); err != nil {
		return nil, fmt.Errorf("make the run's folder: %w", err)
	}
	r := &Record{folder: folder, lock: flock.New(folder.Lock()), hidden: secrets.OfEnvironment(), observer: observer}
	return r, r.takeLock()
}

// takeLock makes this process the run's only writer. The lock's file names the
// process for whoever comes second.
func (r *Record) takeLock() error {
	const once = 100 * time.Millisecond // those who only look hold it for a moment; see IsHeld
	locked, err := r.lock.TryLock()
	if err == nil && !locked {
		time.Sleep(once)
		locked, err = r.lock.TryLock()
	}
	if err != nil {
		return fmt.Errorf("lock run %s: %w", r.folder.Tag(), err)
	}
	if !locked {
		return fmt.Errorf("run %s is being written by %s; wait for it, or start another run with --tag NAME", r.folder.Tag(), r.holder())
	}
	if err := os.WriteFile(r.folder.Lock(), []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
		return errors.Join(fmt.Errorf("lock run %s: %w", r.folder.Tag(), err), r.lock.Close())
	}
	return nil
}

// IsHeld tells whether an agent is writing a run, or that can't be found out.
func IsHeld(folder runs.Folder) bool {
	if _, err := os.Stat(folder.Lock()); errors.Is(err, fs.ErrNotExist) {
		return false
	}
	lock := flock.New(folder.Lock())
	free, err := lock.TryRLock()
	return errors.Join(err, lock.Close()) != nil || !free
}

// holder names the process that holds the run. Its number may not be there yet, or
// be that of the holder before it.
func (r *Record) holder() string {
	text, err := os.ReadFile(r.folder.Lock())
	if number, numberErr := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && numberErr == nil {
		return fmt.Sprintf("process %d", number)
	}
	return "another process"
}

// Read reads the journal, anew if it was read before: a failed write leaves one that
// takes no more. It returns what had to be repaired, for people; empty is nothing.
func (r *Record) Read() (repaired string, err error) {
	if r.journal != nil {
		_ = r.journal.Close() // what it has is on the disk
	}
	read, _, err := journal.Open(r.folder.Journal())
	if err != nil {
		return "", err
	}
	r.journal = read
	return read.Repaired, nil
}

// StartOver empties the journal.
func (r *Record) StartOver() error {
	if err := errors.Join(r.journal.Close(), os.Remove(r.folder.Journal())); err != nil {
		return fmt.Errorf("start over: %w", err)
	}
	_, err := r.Read()
	return err
}

// Close ends this process's hold on the run.
func (r *Record) Close() error {
	var err error
	if r.journal != nil {
		err = r.journal.Close()
	}
	return errors.Join(err, r.lock.Close())
}

// Append journals data of an experiment, or of the run with 0, and tells the observer.
func (r *Record) Append(experiment int, data journal.Data) error {
	data = r.redacted(data)
	if err := r.journal.Append(experiment, data); err != nil {
		return err
	}
	failpoint.Hit(failpoint.Behind(journal.KindOf(data)))
	run, experiments := r.journal.State()
	return r.observer.Recorded(run, experiments, experiment, data)
}

// Run is what the journal says of the run now.
func (r *Record) Run() journal.Run {
	run, _ := r.journal.State()
	return run
}

// Experiments is what the journal says of the run's experiments now.
func (r *Record) Experiments() []journal.Experiment {
	_, experiments := r.journal.State()
	return experiments
}

// Elapsed is how long agents have had the journal open, in all.
func (r *Record) Elapsed() time.Duration { return r.journal.Elapsed() }

// Clean masks secrets in a text.
func (r *Record) Clean(text string) string { return r.hidden.Clean(text) }
