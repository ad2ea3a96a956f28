package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Time counts while a journal is open, in one process after another.
func TestElapsedAddsUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), JournalFile)
	var last time.Duration
	for _, e := range story()[:3] {
		journal, _ := testJournal(t, path)
		if before := journal.Elapsed() - journal.since(); before != last {
			t.Errorf("opened after %s, want %s", before, last)
		}
		journal.since = func() time.Duration { return time.Hour }
		if err := journal.Append(e.experiment, e.data); err != nil {
			t.Fatal(err)
		}
		last = journal.Elapsed()
		if err := journal.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if last != 3*time.Hour {
		t.Errorf("three processes of an hour each took %s", last)
	}
}

// A clock that jumps a year ahead and back between any two records changes
// nothing but their times: order is by sequence number, and no figure of a table
// comes from the clock.
func TestClockThatJumpsAYear(t *testing.T) {
	const year = 365 * 24 * time.Hour
	start := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	tables := map[string][]byte{}
	for name, jump := range map[string]time.Duration{"steady": time.Second, "jumping": year} {
		path := filepath.Join(t.TempDir(), JournalFile)
		journal, _ := testJournal(t, path)
		now, ahead := start, false
		journal.now = func() time.Time {
			if ahead = !ahead; ahead {
				now = now.Add(jump)
			} else {
				now = now.Add(-2 * jump) // Every other record is older than the one before.
			}
			return now
		}
		for _, e := range story() {
			if err := journal.Append(e.experiment, e.data); err != nil {
				t.Fatal(err)
			}
		}
		if err := journal.Close(); err != nil {
			t.Fatal(err)
		}
		reopened, records := testJournal(t, path)
		for i, record := range records {
			if record.Seq != i+1 || record.Kind != story()[i].data.kind() {
				t.Errorf("%s: record %d is number %d, %s", name, i, record.Seq, record.Kind)
			}
		}
		if len(records) != len(story()) || !records[1].Time.Before(records[0].Time) {
			t.Errorf("%s: %d records, the first at %s and %s", name, len(records), records[0].Time, records[1].Time)
		}
		run, experiments := reopened.State()
		if err := WriteFiles(filepath.Dir(path), run, experiments); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{RowsFile, SummaryFile} {
			text, err := os.ReadFile(filepath.Join(filepath.Dir(path), file))
			if err != nil {
				t.Fatal(err)
			}
			if other, ok := tables[file]; ok && !bytes.Equal(text, other) {
				t.Errorf("%s differs between the clocks", file)
			}
			tables[file] = text
		}
	}
}
