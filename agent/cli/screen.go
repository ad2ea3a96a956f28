package cli

import (
	"bytes"
	"strings"

	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/trainer/progress"
)

// screen shows a run: on a terminal with a progress bar and a line for what is
// going on, otherwise with lines alone.
type screen struct {
	app   *app
	doing bool // the last line will be erased
}

func newScreen(a *app) *screen { return &screen{app: a} }

// eraseLine is the terminal's code for that.
const eraseLine = "\r\x1b[2K"

// Say shows a line that stays.
func (s *screen) Say(line string) {
	s.close()
	s.app.print("%s\n", line)
}

// Doing shows, on a terminal, what takes time now.
func (s *screen) Doing(what string) {
	const width = 79
	s.close()
	if s.app.terminal {
		s.doing = true
		s.app.print("%s …", line.Cut(what, width))
	}
}

// Training shows a training's progress.
func (s *screen) Training(steps int) progress.Reporter {
	s.close()
	if s.app.terminal {
		return progress.NewBar(s.app.out, steps)
	}
	return progress.NewPlain(indented{s})
}

// Write shows log lines.
func (s *screen) Write(text []byte) (int, error) {
	s.Say("  " + strings.TrimSpace(string(text)))
	return len(text), nil
}

// close leaves the cursor at the start of an empty line.
func (s *screen) close() {
	if s.doing {
		s.doing = false
		s.app.print("%s", eraseLine)
	}
}

// indented writes lines below the experiment that they belong to.
type indented struct {
	screen *screen
}

func (w indented) Write(text []byte) (int, error) {
	w.screen.Say("  " + string(bytes.TrimRight(text, "\n")))
	return len(text), nil
}
