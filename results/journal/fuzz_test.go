package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/results/table"
)

// goldenJournal is the journal of the story: its lines, and its records.
func goldenJournal(f *testing.F) (lines [][]byte, records []Record) {
	f.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", JournalFile))
	if err != nil {
		f.Fatal(err)
	}
	parsed, err := parseJournal(text)
	if err != nil {
		f.Fatal(err)
	}
	return bytes.SplitAfter(text, []byte("\n")), parsed.records
}

// Whatever the file holds, its whole records and its torn tail make it up, and
// what is left after the repair is whole.
func FuzzParseJournal(f *testing.F) {
	lines, _ := goldenJournal(f)
	two := bytes.Join(lines[:2], nil)
	f.Add([]byte(nil))
	f.Add([]byte("\n"))
	f.Add(two)
	f.Add(two[:len(two)-1])
	f.Add(two[:len(two)-30])
	f.Fuzz(func(t *testing.T, text []byte) {
		lines, err := parseJournal(text)
		if err != nil {
			return
		}
		if lines.size+int64(lines.torn) != int64(len(text)) {
			t.Fatalf("%d bytes of records and %d torn of %d", lines.size, lines.torn, len(text))
		}
		again, err := parseJournal(text[:lines.size])
		if err != nil || again.torn != 0 {
			t.Fatalf("the repaired journal: %d torn, %v", again.torn, err)
		}
		if diff := cmp.Diff(lines.records, again.records); diff != "" {
			t.Fatal(diff)
		}
	})
}

// FuzzDecodeLine signs the lines that it is given, so that what lies behind the
// checksum is reached: a line that reads as a record writes as the same record.
func FuzzDecodeLine(f *testing.F) {
	lines, _ := goldenJournal(f)
	for i, line := range lines[:3] {
		body, err := verify(bytes.TrimSuffix(line, []byte("\n")))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(body), i+1)
	}
	f.Fuzz(func(t *testing.T, body string, seq int) {
		if len(body) < 2 || body[len(body)-1] != '}' {
			return
		}
		line := bytes.TrimSuffix([]byte(signed(t, body)), []byte("\n"))
		record, err := decodeLine(line, seq)
		if err != nil {
			return
		}
		encoded, again, err := encode(record, record.Data)
		if err != nil {
			return // a time that only its text can hold
		}
		decoded, err := decodeLine(bytes.TrimSuffix(again, []byte("\n")), seq)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(encoded, decoded); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A record that folds leaves no experiment that contradicts itself, and its
// tables can be written.
func FuzzFold(f *testing.F) {
	_, records := goldenJournal(f)
	for i, record := range records {
		f.Add(i, string(record.Kind), record.Experiment, []byte(record.Data))
	}
	f.Fuzz(func(t *testing.T, before int, kind string, experiment int, data []byte) {
		if before < 0 || before > len(records) {
			return
		}
		record := Record{Version: 1, Seq: before + 1, Kind: Kind(kind), Experiment: experiment, Data: data}
		run, experiments, err := Fold(append(records[:before:before], record))
		if err != nil {
			return
		}
		var rows bytes.Buffer
		if err := table.WriteRows(&rows, Rows(run, experiments)); err != nil {
			t.Fatal(err)
		}
		if _, err := table.ReadRows(&rows); err != nil {
			t.Fatal(err)
		}
		for _, e := range experiments {
			if (e.Failure != nil) != (e.Status == StatusCrash) || e.Status == StatusKeep && !e.EvalPPL.Valid() {
				t.Fatalf("experiment contradicts itself: %+v", e)
			}
		}
	})
}
