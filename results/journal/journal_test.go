package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/results/table"
)

func TestJournalReadsWhatItWrote(t *testing.T) {
	path := writeStory(t, story())
	records, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	journal, reopened := testJournal(t, path)
	if diff := cmp.Diff(records, reopened); diff != "" {
		t.Errorf("Read and Open differ:\n%s", diff)
	}
	if journal.Repaired != "" {
		t.Errorf("Repaired = %q after an orderly end", journal.Repaired)
	}
	for i, want := range story() {
		record := records[i]
		if record.Seq != i+1 || record.Kind != want.data.kind() || record.Experiment != want.experiment {
			t.Errorf("record %d is %d %s %d, want %s %d", i, record.Seq, record.Kind, record.Experiment, want.data.kind(), want.experiment)
		}
		data, err := encodeJSON(want.data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(data), string(record.Data)); diff != "" {
			t.Errorf("data of record %d:\n%s", record.Seq, diff)
		}
	}
}

func TestJournalFormat(t *testing.T) {
	path := writeStory(t, story())
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	compareGolden(t, "journal.jsonl", text)
}

// A run that an older program began goes on in the same journal.
func TestJournalOfAnOlderVersion(t *testing.T) {
	old, err := os.ReadFile(filepath.Join("testdata", "journal-3.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), JournalFile)
	if err := os.WriteFile(path, old, 0o644); err != nil {
		t.Fatal(err)
	}
	journal, records := testJournal(t, path)
	run, experiments := journal.State()
	if records[0].Version != 3 || run.Preset != "nano" || len(experiments) != 7 || experiments[1].EvalPPL != 127.95 {
		t.Errorf("version %d, run %+v, %d experiments", records[0].Version, run, len(experiments))
	}
	if err := journal.Append(6, Built{TimeS: 2}); err != nil {
		t.Fatal(err)
	}
	records, err = Read(path)
	if err != nil || records[len(records)-1].Version != SchemaVersion {
		t.Errorf("the next record: %v, %v", records[len(records)-1], err)
	}
}

// A writer may die at any byte of its last record. All that was acknowledged
// before must be there, and the journal must go on.
func TestJournalCutAtEveryByte(t *testing.T) {
	text, err := os.ReadFile(writeStory(t, story()[:4]))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), JournalFile)
	events := story()
	for size := range len(text) + 1 {
		if err := os.WriteFile(path, text[:size], 0o644); err != nil {
			t.Fatal(err)
		}
		cut := text[:size]
		acknowledged := bytes.Count(cut, []byte("\n"))
		journal, records := testJournal(t, path)
		whole := acknowledged
		if size < len(text) && text[size] == '\n' {
			whole++ // only the line break is missing
		}
		if len(records) != whole {
			t.Fatalf("cut at byte %d: %d records, want %d", size, len(records), whole)
		}
		if torn := size > 0 && cut[size-1] != '\n'; torn != (journal.Repaired != "") {
			t.Fatalf("cut at byte %d: Repaired = %q", size, journal.Repaired)
		}
		next := events[len(records)]
		if err := journal.Append(next.experiment, next.data); err != nil {
			t.Fatalf("cut at byte %d: %v", size, err)
		}
		if err := journal.Close(); err != nil {
			t.Fatal(err)
		}
		if after, err := Read(path); err != nil || len(after) != whole+1 {
			t.Fatalf("cut at byte %d: %d records after the repair, want %d; %v", size, len(after), whole+1, err)
		}
	}
}

// After a power loss the last record's blocks may be there in part: zeros, or
// its end without its start.
func TestJournalTornTail(t *testing.T) {
	text, err := os.ReadFile(writeStory(t, story()[:3]))
	if err != nil {
		t.Fatal(err)
	}
	start := bytes.LastIndexByte(text[:len(text)-1], '\n') + 1
	last := text[start:]
	for name, tail := range map[string][]byte{
		"zeros":         make([]byte, 4096),
		"zeros and end": append(make([]byte, len(last)-20), last[len(last)-20:]...),
		"start, zeros":  append(bytes.Clone(last[:20]), make([]byte, 100)...),
		"empty line":    []byte("\n"),
		"junk":          []byte("\xff\xfe{"),
		"checksum only": []byte(`,"crc":"00000000"}`),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), JournalFile)
			if err := os.WriteFile(path, append(bytes.Clone(text[:start]), tail...), 0o644); err != nil {
				t.Fatal(err)
			}
			if records, err := Read(path); err != nil || len(records) != 2 {
				t.Errorf("Read: %d records, %v", len(records), err)
			}
			journal, records := testJournal(t, path)
			if len(records) != 2 || journal.Repaired == "" {
				t.Errorf("%d records, Repaired = %q", len(records), journal.Repaired)
			}
			if left, err := os.ReadFile(path); err != nil || !bytes.Equal(left, text[:start]) {
				t.Errorf("file after the repair is %q, %v", left, err)
			}
		})
	}
}

// Damage is never repaired by dropping records that were acknowledged.
func TestJournalRefusesDamage(t *testing.T) {
	text, err := os.ReadFile(writeStory(t, story()[:4]))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")[:4]
	for name, test := range map[string]struct{ text, want string }{
		"a flipped bit":        {strings.Replace(string(text), "baseline", "basemine", 1), "line 3: checksum does not fit"},
		"a changed last line":  {lines[0] + strings.Replace(lines[1], "base", "case", 1), "line 2: checksum does not fit"},
		"a line taken out":     {lines[0] + lines[2], "line 2: record has sequence number 3, want 2"},
		"a line twice":         {lines[0] + lines[1] + lines[1], "line 3: record has sequence number 2, want 3"},
		"an empty line":        {lines[0] + "\n" + lines[1], "line 2: checksum does not fit"},
		"a cut in the middle":  {lines[0] + lines[1][:20] + "\n" + lines[2], "line 2: checksum does not fit"},
		"a newer schema":       {signed(t, `{"v":5,"seq":1,"kind":"run","data":{}}`), "schema version 5 is newer"},
		"no schema":            {signed(t, `{"seq":1,"kind":"run","data":{}}`), "schema version 0"},
		"signed, but no JSON":  {signed(t, `{"v":1,"seq":1,]}`), "line 1: parse record"},
		"signed, not a record": {signed(t, `{"v":1,"seq":"one"}`), "line 1: parse record"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), JournalFile)
			if err := os.WriteFile(path, []byte(test.text), 0o644); err != nil {
				t.Fatal(err)
			}
			_, readErr := Read(path)
			_, _, openErr := Open(path)
			for _, err := range []error{readErr, openErr} {
				if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
					t.Errorf("error %v, want one with %q and the path", err, test.want)
				}
			}
			if left, err := os.ReadFile(path); err != nil || string(left) != test.text {
				t.Errorf("the file was changed to %q, %v", left, err)
			}
		})
	}
}

// signed returns the line of an object with its checksum.
func signed(t *testing.T, body string) string {
	t.Helper()
	var line []byte
	line = append(line, body[:len(body)-1]...)
	var crc strings.Builder
	crc.WriteString(`,"crc":"`)
	const digits = "0123456789abcdef"
	for shift := 28; shift >= 0; shift -= 4 {
		crc.WriteByte(digits[checksum([]byte(body))>>shift&0xf])
	}
	crc.WriteString("\"}\n")
	return string(line) + crc.String()
}

func TestAppendRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), JournalFile)
	journal, _ := testJournal(t, path)
	for _, e := range story()[:2] {
		if err := journal.Append(e.experiment, e.data); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]event{
		"an unknown kind":          {0, guess{}},
		"what does not fold":       {7, Built{}},
		"a second run":             {0, Run{}},
		"a commit with no verdict": {0, Committed{}},
	} {
		if err := journal.Append(e.experiment, e.data); err == nil {
			t.Errorf("%s was appended", name)
		}
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
		t.Errorf("a refused record changed the file to %q, %v", after, err)
	}
	if err := journal.Append(0, Built{TimeS: 1}); err != nil {
		t.Errorf("a good record after refused ones: %v", err)
	}
}

func TestAppendAfterAFailedWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), JournalFile)
	journal, _ := testJournal(t, path)
	run, intent := story()[0], story()[1]
	if err := journal.Append(run.experiment, run.data); err != nil {
		t.Fatal(err)
	}
	if err := journal.file.Close(); err != nil { // as a disk that fails
		t.Fatal(err)
	}
	if err := journal.Append(intent.experiment, intent.data); !errors.Is(err, os.ErrClosed) {
		t.Errorf("append to a failing disk: %v", err)
	}
	if err := journal.Append(intent.experiment, intent.data); err == nil || !strings.Contains(err.Error(), "open the journal again") {
		t.Errorf("append after a failed write: %v", err)
	}
	journal, records := testJournal(t, path)
	if len(records) != 1 {
		t.Errorf("%d records after a failed write, want 1", len(records))
	}
	if err := journal.Append(intent.experiment, intent.data); err != nil {
		t.Errorf("append after opening again: %v", err)
	}
}

func TestAppendConcurrently(t *testing.T) {
	path := filepath.Join(t.TempDir(), JournalFile)
	journal, _ := testJournal(t, path)
	for _, e := range story()[:2] {
		if err := journal.Append(e.experiment, e.data); err != nil {
			t.Fatal(err)
		}
	}
	const writers = 8
	var group sync.WaitGroup
	failed := make([]error, writers)
	for i := range writers {
		group.Go(func() { failed[i] = journal.Append(0, Built{TimeS: table.Measure(i)}) })
	}
	group.Wait()
	if err := errors.Join(append(failed, journal.Close())...); err != nil {
		t.Fatal(err)
	}
	if records, err := Read(path); err != nil || len(records) != 2+writers {
		t.Errorf("%d records, %v", len(records), err)
	}
}

func TestStateIsTheFold(t *testing.T) {
	journal, records := testJournal(t, writeStory(t, story()))
	wantRun, wantExperiments, err := Fold(records)
	if err != nil {
		t.Fatal(err)
	}
	run, experiments := journal.State()
	if diff := cmp.Diff(jsonOf(t, wantRun, wantExperiments), jsonOf(t, run, experiments)); diff != "" {
		t.Error(diff)
	}
	experiments[0].Status = StatusCrash
	if _, again := journal.State(); again[0].Status != StatusKeep {
		t.Error("State hands out its own slice")
	}
}

func jsonOf(t *testing.T, values ...any) string {
	t.Helper()
	text, err := json.MarshalIndent(values, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestOpenJournalOfAFolder(t *testing.T) {
	if _, _, err := Open(t.TempDir()); err == nil {
		t.Error("a folder was opened as a journal")
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("read of no journal: %v", err)
	}
}
