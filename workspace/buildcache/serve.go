package buildcache

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// Command is the first argument with which a program is asked to be the cache; it
// then has to call [Main].
const Command = "ternlab-buildcache"

// Program is a value for GOCACHEPROG: the program self with its arguments. With
// keep, what is found below is taken over into above.
func Program(self, below, above string, keep bool) string {
	mode := "read"
	if keep {
		mode = "keep"
	}
	words := []string{self, Command, mode, below, above}
	for i, word := range words {
		words[i] = "'" + word + "'" // the go command knows no escapes; see Quotable
	}
	return strings.Join(words, " ")
}

// Quotable reports whether a path can stand in GOCACHEPROG.
func Quotable(path string) bool { return !strings.ContainsAny(path, "'\n") }

// Main serves the go command and returns the exit code.
func Main(args []string) int {
	if len(args) != 3 {
		fmt.Fprintln(os.Stderr, Command+": is started by the go command")
		return 2
	}
	l := layers{below: args[1], above: args[2], keep: args[0] == "keep"}
	if err := l.serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", Command, err)
		return 1
	}
	return 0
}

// request and response are the go command's protocol: cmd/go/internal/cacheprog.
type request struct {
	ID       int64
	Command  string
	ActionID []byte
	OutputID []byte
	BodySize int64
}

type response struct {
	ID            int64
	Err           string     `json:",omitempty"`
	KnownCommands []string   `json:",omitempty"`
	Miss          bool       `json:",omitempty"`
	OutputID      []byte     `json:",omitempty"`
	Size          int64      `json:",omitempty"`
	Time          *time.Time `json:",omitempty"`
	DiskPath      string     `json:",omitempty"`
}

func (l layers) serve(in io.Reader, out io.Writer) error {
	reader, writer := bufio.NewReader(in), bufio.NewWriter(out)
	encoder := json.NewEncoder(writer)
	answer := func(r response) error { return errors.Join(encoder.Encode(r), writer.Flush()) }
	if err := answer(response{KnownCommands: []string{"get", "put", "close"}}); err != nil {
		return err
	}
	for {
		line, err := reader.ReadBytes('\n')
		if len(line) == 0 && errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read a request: %w", err)
		}
		if len(line) == 1 {
			continue // between a request and its body
		}
		var r request
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("read a request: %w", err)
		}
		if err := answer(l.handle(r, reader)); err != nil {
			return fmt.Errorf("answer a request: %w", err)
		}
		if r.Command == "close" {
			return nil
		}
	}
}

func (l layers) handle(r request, reader *bufio.Reader) response {
	var found output
	var err error
	switch r.Command {
	case "get":
		if found, err = l.get(r.ActionID); errors.Is(err, errMissing) {
			return response{ID: r.ID, Miss: true}
		}
	case "put":
		found, err = l.receive(r, reader)
	case "close":
	default:
		err = fmt.Errorf("unknown command %q", r.Command)
	}
	if err != nil {
		return response{ID: r.ID, Err: err.Error()}
	}
	return response{ID: r.ID, OutputID: found.id, Size: found.size, Time: &found.time, DiskPath: found.path}
}

// receive stores a body, which follows its request as a JSON string in base64.
func (l layers) receive(r request, reader *bufio.Reader) (output, error) {
	if r.BodySize == 0 {
		return l.put(r.ActionID, r.OutputID, 0, strings.NewReader(""))
	}
	for {
		b, err := reader.ReadByte()
		if err != nil {
			return output{}, err
		}
		if b == '"' {
			break
		}
	}
	body := base64.NewDecoder(base64.StdEncoding, &untilQuote{reader: reader})
	stored, err := l.put(r.ActionID, r.OutputID, r.BodySize, body)
	if err != nil { // what is left of the body must not be taken for a request
		_, drained := io.Copy(io.Discard, body)
		err = errors.Join(err, drained)
	}
	return stored, err
}

// untilQuote reads up to a closing quotation mark, which it takes.
type untilQuote struct {
	reader *bufio.Reader
	ended  bool
}

// Read reads a piece of the string.
func (u *untilQuote) Read(p []byte) (int, error) {
	for n := range p {
		if u.ended {
			return n, io.EOF
		}
		b, err := u.reader.ReadByte()
		if err != nil {
			return n, err
		}
		if u.ended = b == '"'; u.ended {
			return n, io.EOF
		}
		p[n] = b
	}
	return len(p), nil
}
