package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/workspace/powerloss"
)

// recordedDisk does what realDisk does and tells a recorder of it.
type recordedDisk struct {
	realDisk
	recorder *powerloss.Recorder
}

func (d recordedDisk) open(path string) (file, error) {
	if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) {
		d.recorder.Mkdir(filepath.Dir(path))
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		d.recorder.Create(path)
	}
	opened, err := d.realDisk.open(path)
	return recordedFile{opened, d.recorder}, err
}

func (d recordedDisk) syncFolder(name string) error {
	err := d.realDisk.syncFolder(name)
	d.recorder.SyncFolder(name)
	return err
}

type recordedFile struct {
	file
	recorder *powerloss.Recorder
}

func (f recordedFile) Write(data []byte) (int, error) {
	f.recorder.Write(f.Name(), data)
	return f.file.Write(data)
}

func (f recordedFile) Truncate(size int64) error {
	f.recorder.Truncate(f.Name(), size)
	return f.file.Truncate(size)
}

func (f recordedFile) Sync() error {
	err := f.file.Sync()
	f.recorder.SyncFile(f.Name())
	return err
}

// hastyDisk syncs nothing, so that hundreds of recoveries take no time.
type hastyDisk struct{ realDisk }

func (d hastyDisk) open(path string) (file, error) {
	opened, err := d.realDisk.open(path)
	return hastyFile{opened}, err
}

func (hastyDisk) syncFolder(string) error { return nil }

type hastyFile struct{ file }

func (hastyFile) Sync() error { return nil }

// The power fails behind every file operation of a journal's writer. What was
// acknowledged is there, nothing else is made up, and the journal goes on. The
// writer starts from nothing, or from a journal with a torn tail.
func TestJournalSurvivesPowerLoss(t *testing.T) {
	events := story()
	whole, err := os.ReadFile(writeStory(t, events))
	if err != nil {
		t.Fatal(err)
	}
	for name, before := range map[string]powerloss.Disk{
		"from nothing":     {"runs": {Folder: true}},
		"from a torn tail": {"runs": {Folder: true}, "runs/a": {Folder: true}, "runs/a/journal.jsonl": {Data: string(whole[:len(whole)/3])}},
	} {
		t.Run(name, func(t *testing.T) {
			root, again := filepath.Join(t.TempDir(), "disk"), filepath.Join(t.TempDir(), "disk")
			if err := before.Write(root); err != nil {
				t.Fatal(err)
			}
			recorder := powerloss.NewRecorder(root)
			journal, records, err := open(filepath.Join(root, "runs/a", JournalFile), recordedDisk{recorder: recorder})
			if err != nil {
				t.Fatal(err)
			}
			safe := map[int]int{0: 0} // Records that are acknowledged, by the operations until then.
			if len(records) > 0 {
				safe[0] = len(records)
			}
			for i, e := range events[len(records):] {
				if err := journal.Append(e.experiment, e.data); err != nil {
					t.Fatal(err)
				}
				safe[recorder.Count()] = len(records) + i + 1
			}
			crashes, acknowledged := 0, 0
			for crash := range recorder.Crashes(before) {
				crashes++
				acknowledged = max(safe[crash.Behind], acknowledged)
				if err := crash.Disk.Write(again); err != nil {
					t.Fatal(err)
				}
				goOn(t, crash, filepath.Join(again, "runs/a", JournalFile), events, acknowledged)
			}
			t.Logf("%d power losses behind %d operations, all recovered", crashes, recorder.Count())
			if crashes < 2*len(events[len(records):]) {
				t.Errorf("only %d power losses", crashes)
			}
		})
	}
}

// goOn opens the journal that a power loss left, and appends the next record.
func goOn(t *testing.T, crash powerloss.Crash, path string, events []event, acknowledged int) {
	t.Helper()
	journal, records, err := open(path, hastyDisk{})
	if err != nil {
		t.Fatalf("behind %d, %s: %v", crash.Behind, crash.What, err)
	}
	if len(records) < acknowledged || len(records) > acknowledged+1 {
		t.Fatalf("behind %d, %s: %d records, %d were acknowledged", crash.Behind, crash.What, len(records), acknowledged)
	}
	for i, record := range records {
		want, err := encodeJSON(events[i].data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(record.Data)); diff != "" {
			t.Fatalf("behind %d, %s: record %d:\n%s", crash.Behind, crash.What, record.Seq, diff)
		}
	}
	if len(records) < len(events) {
		next := events[len(records)]
		if err := journal.Append(next.experiment, next.data); err != nil {
			t.Fatalf("behind %d, %s: %v", crash.Behind, crash.What, err)
		}
	}
	if err := journal.Close(); err != nil {
		t.Fatal(err)
	}
}
