package journal

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// journalToWrite names the variable that makes the test binary a writer.
const journalToWrite = "TERNLAB_TEST_JOURNAL"

func TestMain(m *testing.M) {
	if path := os.Getenv(journalToWrite); path != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeUntilKilled appends records for ever and acknowledges each on stdout.
func writeUntilKilled(path string) error {
	journal, records, err := Open(path)
	if err != nil {
		return err
	}
	for seq := len(records) + 1; ; seq++ {
		next := event{0, Proposal{Hypothesis: strings.Repeat("λ", 300), Description: fmt.Sprint(seq)}}
		if seq <= 2 {
			next = story()[seq-1]
		}
		if err := journal.Append(next.experiment, next.data); err != nil {
			return err
		}
		if _, err := fmt.Println(seq); err != nil {
			return err
		}
	}
}

// A writer that is killed, again and again, loses nothing that it acknowledged.
func TestJournalOutlivesItsWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), JournalFile)
	for kill := range 20 {
		acknowledged := killWriter(t, path, 1+kill)
		records, err := Read(path)
		if err != nil {
			t.Fatalf("kill %d: %v", kill, err)
		}
		if len(records) < acknowledged {
			t.Fatalf("kill %d: %d records, %d were acknowledged", kill, len(records), acknowledged)
		}
		for i, record := range records[min(2, len(records)):] {
			if want := fmt.Sprintf(`"description":"%d"`, i+3); !strings.Contains(string(record.Data), want) {
				t.Fatalf("kill %d: record %d is %s", kill, record.Seq, record.Data)
			}
		}
	}
}

// killWriter starts a writer, kills it after some acknowledgements, and returns
// the last sequence number that it acknowledged.
func killWriter(t *testing.T, path string, acknowledgements int) int {
	t.Helper()
	writer := exec.Command(os.Args[0])
	writer.Env = append(os.Environ(), journalToWrite+"="+path)
	writer.Stderr = os.Stderr
	stdout, err := writer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	last, lines := 0, 0
	for scanner := bufio.NewScanner(stdout); scanner.Scan(); lines++ {
		if _, err := fmt.Sscan(scanner.Text(), &last); err != nil {
			t.Fatalf("writer said %q: %v", scanner.Text(), err)
		}
		if lines+1 == acknowledgements {
			if err := writer.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := writer.Wait(); err == nil || lines < acknowledgements {
		t.Fatalf("writer ended by itself after %d records: %v", lines, err)
	}
	return last
}
