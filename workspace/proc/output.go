package proc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/ternlab/ternlab/workspace/visible"
)

const (
	maxLog       = 4 << 20  // Bytes of a log file.
	maxLine      = 64 << 10 // Bytes of a line handed on; the rest of it is dropped.
	maxTailLines = 60
	maxTailLine  = 1000 // Bytes of a line in the tail.
)

// output takes what a process writes: a log of both streams, stdout by lines,
// and the tail of stderr. Its writers never fail, since a process that cannot
// write dies of it.
type output struct {
	stdout, stderr *lineWriter
	onProgress     func() // Called at each line of stdout; may be nil.
	tail           tail
	log            *cappedLog
	pipes          []*os.File // The ends that are read.
	copying        sync.WaitGroup
}

func openOutput(p Process) (*output, error) {
	o := &output{log: &cappedLog{}}
	if p.LogFile != "" {
		file, err := os.Create(p.LogFile)
		if err != nil {
			return nil, err
		}
		o.log.file = file
	}
	o.stderr = &lineWriter{onLine: o.tail.add}
	o.stdout = &lineWriter{onLine: func(line []byte) {
		if o.onProgress != nil {
			o.onProgress()
		}
		if p.OnLine != nil {
			p.OnLine(line)
		}
	}}
	return o, nil
}

// start starts a command that writes here. It takes pipes of its own, where
// exec.Cmd.Wait would wait for all descendants that hold one.
func (o *output) start(command *exec.Cmd) (err error) {
	var theirs []*os.File
	defer func() {
		for _, file := range theirs {
			err = errors.Join(err, file.Close())
		}
	}()
	for _, lines := range []*lineWriter{o.stdout, o.stderr} {
		reader, writer, err := os.Pipe()
		if err != nil {
			return err
		}
		theirs = append(theirs, writer)
		o.pipes = append(o.pipes, reader)
		o.copying.Go(func() { _, _ = io.Copy(io.MultiWriter(o.log, lines), reader) }) // It ends with the pipe.
	}
	command.Stdout, command.Stderr = theirs[0], theirs[1]
	return command.Start()
}

// wait waits until all that was written has been read. A descendant that has
// escaped can't hold it up for long.
func (o *output) wait() {
	const patience = 10 * time.Second
	for _, pipe := range o.pipes {
		_ = pipe.SetReadDeadline(time.Now().Add(patience))
	}
	o.copying.Wait()
}

// close hands on the last lines, which may lack their end, and closes the log.
func (o *output) close() error {
	o.copying.Wait()
	for _, pipe := range o.pipes {
		_ = pipe.Close() // Nothing was written to it.
	}
	o.stdout.flush()
	o.stderr.flush()
	return o.log.close()
}

// cappedLog is a log file that keeps its first [maxLog] bytes.
type cappedLog struct {
	mutex   sync.Mutex // Both streams write here.
	file    *os.File   // Nil for no log.
	written int
	err     error
}

func (l *cappedLog) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.file == nil || l.err != nil || l.written >= maxLog {
		return len(p), nil
	}
	kept := p[:min(len(p), maxLog-l.written)]
	n, err := l.file.Write(kept)
	l.written += n
	if err == nil && l.written == maxLog {
		_, err = fmt.Fprintf(l.file, "\n[the log ends here, at its limit of %d MiB]\n", maxLog>>20)
	}
	l.err = err
	return len(p), nil
}

func (l *cappedLog) close() error {
	if l.file == nil {
		return nil
	}
	return errors.Join(l.err, l.file.Close())
}

// lineWriter cuts a stream into lines.
type lineWriter struct {
	onLine func(line []byte)
	line   []byte
}

func (w *lineWriter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		piece, after, ended := bytes.Cut(rest, []byte{'\n'})
		w.line = append(w.line, piece[:min(len(piece), maxLine-len(w.line))]...)
		if ended {
			w.emit()
		}
		rest = after
	}
	return len(p), nil
}

func (w *lineWriter) emit() {
	w.onLine(bytes.TrimSuffix(w.line, []byte{'\r'}))
	w.line = w.line[:0]
}

func (w *lineWriter) flush() {
	if len(w.line) > 0 {
		w.emit()
	}
}

// tail keeps the last lines of a stream, and that with which a Go program says what
// it dies of, since many lines of stack traces follow it.
type tail struct {
	death string
	lines []string
}

func (t *tail) add(line []byte) {
	text := visible.Text(string(line[:min(len(line), maxTailLine)]))
	if len(t.lines) == maxTailLines {
		if t.death == "" && isDeath(t.lines[0]) {
			t.death = t.lines[0]
		}
		t.lines = t.lines[1:]
	}
	t.lines = append(t.lines, text)
}

// String joins the lines, without one at the end.
func (t *tail) String() string {
	lines := t.lines
	if t.death != "" {
		lines = append([]string{t.death}, lines[1:]...)
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

func isDeath(line string) bool {
	return strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")
}
