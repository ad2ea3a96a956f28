package buildcache

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func id(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

func content(t *testing.T, o output) string {
	t.Helper()
	text, err := os.ReadFile(o.path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestLayers(t *testing.T) {
	user, run, scratch := t.TempDir(), t.TempDir(), t.TempDir()
	if _, err := (layers{above: user}).put(id(1), id(2), 5, strings.NewReader("first")); err != nil {
		t.Fatal(err)
	}
	filling := layers{below: user, above: run, keep: true}
	if found, err := filling.get(id(1)); err != nil || content(t, found) != "first" || !strings.HasPrefix(found.path, run) {
		t.Errorf("taken over: %+v, %v", found, err)
	}
	if _, err := filling.get(id(9)); !errors.Is(err, errMissing) {
		t.Errorf("an action that nobody has: %v", err)
	}
	building := layers{below: run, above: scratch}
	if found, err := building.get(id(1)); err != nil || !strings.HasPrefix(found.path, run) {
		t.Errorf("read from below: %+v, %v", found, err)
	}
	if _, err := building.put(id(3), id(4), 3, strings.NewReader("new")); err != nil {
		t.Fatal(err)
	}
	if found, err := building.get(id(3)); err != nil || content(t, found) != "new" {
		t.Errorf("what was put: %+v, %v", found, err)
	}
	if _, err := (layers{below: user, above: run}).get(id(3)); !errors.Is(err, errMissing) {
		t.Errorf("what a candidate's build made reached the run's cache: %v", err)
	}
	if _, err := building.put(id(5), id(6), 3, strings.NewReader("longer than said")); err == nil {
		t.Error("an output of another size than was said is stored")
	}
}

// TestDamagedEntries has everything odd count as missing: it is compiled anew.
func TestDamagedEntries(t *testing.T) {
	folder := t.TempDir()
	l := layers{above: folder, below: folder}
	stored, err := l.put(id(1), id(2), 5, strings.NewReader("first"))
	if err != nil {
		t.Fatal(err)
	}
	entry := file(folder, id(1), "-a")
	whole, err := os.ReadFile(entry)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "v1", "v2" + string(whole[2:]), strings.Replace(string(whole), "0202", "zzzz", 1), string(whole[:40])} {
		if err := os.WriteFile(entry, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := l.get(id(1)); !errors.Is(err, errMissing) {
			t.Errorf("entry %q: %v", text, err)
		}
	}
	if err := os.WriteFile(entry, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(stored.path, []byte("cut"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := l.get(id(1)); !errors.Is(err, errMissing) {
		t.Errorf("an output that is cut short: %v", err)
	}
}

// TestServe speaks the go command's protocol, with a failure in the midst of it.
func TestServe(t *testing.T) {
	folder := t.TempDir()
	var in bytes.Buffer
	ask := func(number int64, command string, action, output []byte, body string) {
		t.Helper()
		text, err := json.Marshal(request{ID: number, Command: command, ActionID: action, OutputID: output, BodySize: int64(len(body))})
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(text, '\n'))
		if body != "" {
			encoded, err := json.Marshal([]byte(body))
			if err != nil {
				t.Fatal(err)
			}
			in.Write(append(encoded, '\n'))
		}
	}
	ask(1, "get", id(1), nil, "")
	ask(2, "put", id(1), id(2), "some output")
	ask(3, "get", id(1), nil, "")
	ask(4, "dance", nil, nil, "")
	ask(5, "put", id(3), id(4), "")
	ask(6, "close", nil, nil, "")
	var out bytes.Buffer
	if err := (layers{below: filepath.Join(folder, "none"), above: folder}).serve(&in, &out); err != nil {
		t.Fatal(err)
	}
	var answers []response
	for decoder := json.NewDecoder(&out); ; {
		var r response
		if err := decoder.Decode(&r); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, r)
	}
	if len(answers) != 7 || len(answers[0].KnownCommands) != 3 {
		t.Fatalf("answers: %+v", answers)
	}
	if !answers[1].Miss || answers[2].Err != "" || answers[3].Size != 11 || answers[4].Err == "" || answers[5].DiskPath == "" {
		t.Errorf("answers: %+v", answers)
	}
	if text, err := os.ReadFile(answers[3].DiskPath); err != nil || string(text) != "some output" {
		t.Errorf("the output is %q (%v)", text, err)
	}
}
