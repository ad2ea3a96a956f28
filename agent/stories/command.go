package stories

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ternlab/ternlab/results/journal"
)

// exitCode runs a program that must exit with a code: exit-code N PROGRAM ARGS.
func exitCode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%q exited with %d, want %d", args[1:], got, want)
	}
}

// waitFor waits until a file that a background program writes holds a text:
// wait-for FILE TEXT.
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	const patience = 30 * time.Second
	deadline := time.Now().Add(patience)
	for {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && bytes.Contains(text, []byte(args[1])) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s has no %q after %s", args[0], args[1], patience)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// cutTail cuts bytes off a file's end, as a crash does: cut-tail FILE BYTES.
func cutTail(ts *testscript.TestScript, _ bool, args []string) {
	bytes, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	file := ts.MkAbs(args[0])
	info, err := os.Stat(file)
	ts.Check(err)
	ts.Check(os.Truncate(file, info.Size()-bytes))
}

// dropLine removes the last line of a file: drop-line FILE.
func dropLine(ts *testscript.TestScript, _ bool, args []string) {
	file := ts.MkAbs(args[0])
	text, err := os.ReadFile(file)
	ts.Check(err)
	end := bytes.LastIndexByte(bytes.TrimSuffix(text, []byte("\n")), '\n')
	ts.Check(os.WriteFile(file, text[:end+1], 0o644))
}

// olderRun makes a journal one of version 3, whose final checks had no texts of their
// own: older-run FILE.
func olderRun(ts *testscript.TestScript, _ bool, args []string) {
	file := ts.MkAbs(args[0])
	records, err := journal.Read(file)
	ts.Check(err)
	var text []byte
	seq := 0
	for _, record := range records {
		if record.Kind == journal.KindReference || record.Kind == journal.KindUnseen || record.Kind == journal.KindRevealed {
			continue
		}
		seq++
		record.Version, record.Seq = 3, seq
		record.Data = regexp.MustCompile(`"contract":\d+,`).ReplaceAll(record.Data, nil)
		body, err := json.Marshal(record)
		ts.Check(err)
		sum := crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))
		text = fmt.Appendf(text, `%s,"crc":"%08x"}`+"\n", body[:len(body)-1], sum)
	}
	ts.Check(os.WriteFile(file, text, 0o644))
}
