package cli

import (
	"bytes"
	"io"
	"strings"
	"sync"

	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/agent/observe"
	"github.com/ternlab/ternlab/trainer/progress"
)

// screen shows a run: on a terminal with a progress bar and a line for what is
// going on, otherwise with lines alone. Its methods, and its reporters, may be
// used by several goroutines at once.
type screen struct {
	observe.Nothing // records: the lines that are said tell of them

	app *app

	mu    sync.Mutex
	doing bool // the last line will be erased
}

func newScreen(a *app) *screen { return &screen{app: a} }

// eraseLine is the terminal's code for that.
const eraseLine = "\r\x1b[2K"

// Say shows a line that stays.
func (s *screen) Say(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.say(line)
}

func (s *screen) say(line string) {
	s.erase()
	s.app.print("%s\n", line)
}

// Doing shows, on a terminal, what takes time now.
func (s *screen) Doing(what string) {
	const width = 79
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	if s.app.terminal {
		s.doing = true
		s.app.print("%s …", line.Cut(line.Clean(what), width))
	}
}

// Training shows a training's progress: one that has the terminal for itself with a
// bar.
func (s *screen) Training(t observe.Training) progress.Reporter {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	if s.app.terminal && t.Label == "" {
		return alone{s, progress.NewBar(s.app.out, t.Steps), true}
	}
	return alone{s, progress.NewPlain(indented{s, t.Label}), false}
}

// alone reports while nothing else is shown.
type alone struct {
	screen   *screen
	reporter progress.Reporter
	isBar    bool
}

func (a alone) Report(e progress.Event) {
	a.screen.mu.Lock()
	defer a.screen.mu.Unlock()
	a.reporter.Report(e)
	a.screen.doing = a.isBar && e.Kind != progress.Done
}

// Write shows log lines.
func (s *screen) Write(text []byte) (int, error) {
	s.Say("  " + strings.TrimSpace(string(text)))
	return len(text), nil
}

// close leaves the cursor at the start of an empty line.
func (s *screen) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
}

func (s *screen) erase() {
	if s.doing {
		s.doing = false
		_, _ = io.WriteString(s.app.out, eraseLine) // a terminal that has gone away is not an error
	}
}

// indented writes lines below the experiment that they belong to, for a reporter
// that has the screen.
type indented struct {
	screen *screen
	label  string
}

func (w indented) Write(text []byte) (int, error) {
	w.screen.say("  " + w.label + string(bytes.TrimRight(text, "\n")))
	return len(text), nil
}
