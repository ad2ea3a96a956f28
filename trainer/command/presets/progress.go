package presets

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/ternlab/ternlab/trainer/prepare/assemble"
)

// newPrepareProgress shows a bar for each task on a terminal, and a line for
// each elsewhere.
func newPrepareProgress(w io.Writer) assemble.Progress {
	file, ok := w.(*os.File)
	return &prepareProgress{w: w, bars: ok && term.IsTerminal(int(file.Fd()))}
}

type prepareProgress struct {
	w    io.Writer
	bars bool

	task               string
	unit               assemble.Unit
	before, now, total int64 // units there at the start, now, and in the end (0: not known)
	started            time.Time
	bar                *progressbar.ProgressBar
}

// Begin starts a task. The bar covers what is left of it, so that the time left
// isn't predicted from what was there before.
func (p *prepareProgress) Begin(task string, unit assemble.Unit, done, total int64) {
	p.task, p.unit, p.before, p.now, p.total, p.started = task, unit, done, done, total, time.Now()
	if !p.bars || done == total {
		return
	}
	description := task
	if done > 0 {
		description += ", from " + p.amount(done) + " on"
	}
	left := total - done
	if total == 0 {
		left = -1
	}
	p.bar = progressbar.NewOptions64(left,
		progressbar.OptionSetWriter(p.w),
		progressbar.OptionSetDescription(fmt.Sprintf("%-18s", description)),
		progressbar.OptionSetWidth(barWidth),
		progressbar.OptionShowBytes(unit == assemble.Bytes),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100*time.Millisecond),
	)
}

// barWidth leaves room on a line of 80 columns.
const barWidth = 16

// Update moves the bar; a terminal that went away doesn't stop the work.
func (p *prepareProgress) Update(done int64) {
	p.now = done
	if p.bar != nil {
		_ = p.bar.Set64(max(done-p.before, 0))
	}
}

// End replaces the bar by a line that says how far the task came.
func (p *prepareProgress) End() {
	if p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
	}
	took := "there already"
	switch {
	case p.total > 0 && p.now < p.total:
		took = "of " + p.amount(p.total) + " so far"
	case p.now > p.before:
		took = "in " + time.Since(p.started).Round(time.Second/10).String()
	}
	_, _ = fmt.Fprintf(p.w, "%-48s %s  %s\n", p.task, p.amount(p.now), took)
}

func (p *prepareProgress) amount(n int64) string {
	if p.unit == assemble.Bytes {
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%d", n)
}
