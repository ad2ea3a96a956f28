package enclose

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"

	"github.com/ternlab/ternlab/trainer/command/train"
	"github.com/ternlab/ternlab/trainer/progress"
	"github.com/ternlab/ternlab/workspace/visible"
)

// screen shows what a process in the sandbox says, which has no terminal itself: into
// one it could type. Its events are shown as if they were this process's; whatever
// else it prints, with what steers a terminal made visible.
type screen struct {
	reporter progress.Reporter
	steps    int
	done     bool // the training has said that it is

	mu sync.Mutex // of stderr
}

func newScreen(training train.Enclosed) *screen {
	return &screen{reporter: training.Reporter, steps: training.Steps}
}

// say shows a line of this process's own, before the training's.
func (s *screen) say(text string) {
	s.reporter.Report(progress.Event{Kind: progress.Start, Steps: s.steps, Message: text})
}

// follow takes a process's output, before it is started. The function that it returns
// waits until all of that is shown.
func (s *screen) follow(process *exec.Cmd) (wait func(), err error) {
	stdout, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := process.StderrPipe()
	if err != nil {
		return nil, err
	}
	return func() {
		var both sync.WaitGroup
		both.Go(func() { lines(stdout, s.event) })
		both.Go(func() { lines(stderr, s.other) })
		both.Wait()
	}, nil
}

// lines hands on a stream's lines with their ends, the longest in pieces.
func lines(stream io.Reader, handle func(line []byte)) {
	reader := bufio.NewReaderSize(stream, progress.MaxLine)
	for {
		line, err := reader.ReadSlice('\n')
		if len(line) > 0 {
			handle(line)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return // the process has ended
		}
	}
}

func (s *screen) event(line []byte) {
	event, err := progress.ParseWhole(bytes.TrimSpace(line))
	if err != nil {
		s.other(line)
		return
	}
	s.done = s.done || event.Kind == progress.Done
	s.reporter.Report(event)
}

func (s *screen) other(line []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = fmt.Fprint(os.Stderr, visible.Text(string(line))) // a reader that has gone away stops no training
}

// end takes a bar off the screen that the training has left there.
func (s *screen) end() {
	if !s.done {
		s.reporter.Report(progress.Event{Kind: progress.Done, Steps: s.steps})
	}
}
