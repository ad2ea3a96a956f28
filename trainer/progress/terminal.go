package progress

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Widths in columns; together with the count of steps a line stays under 80.
const (
	barWidth     = 20
	figuresWidth = 36 // padded, so that a shorter line hides all of a longer one
)

// bar shows one line that is redrawn in place.
type bar struct {
	bar     *progressbar.ProgressBar
	steps   int
	started time.Time // when the first step was reported
	first   int       // that step
	loss    string
	ppl     string
}

// NewBar returns a reporter that shows a progress bar over steps training
// steps, or as many as the events say, with the last training loss, the last eval_ppl and the time left. The
// bar vanishes at a Done event: send one also when the run failed.
func NewBar(w io.Writer, steps int) Reporter {
	return newBar(w, steps)
}

func newBar(w io.Writer, steps int) *bar {
	return &bar{
		steps: steps,
		bar: progressbar.NewOptions(max(steps, 1),
			progressbar.OptionSetWriter(w),
			progressbar.OptionSetWidth(barWidth),
			progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(false), // it counts the first, slow step; see timeLeft
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionShowDescriptionAtLineEnd(),
			progressbar.OptionThrottle(65*time.Millisecond),
		),
	}
}

// Report redraws the bar. Errors of a terminal that went away are ignored: they
// must not stop a training run.
func (b *bar) Report(e Event) {
	if e.Kind == Done {
		_ = b.bar.Clear()
		return
	}
	if e.TrainLoss != nil {
		b.loss = fmt.Sprintf("  loss %.2f", *e.TrainLoss)
	}
	if e.EvalPPL != nil {
		b.ppl = fmt.Sprintf("  ppl %.1f", *e.EvalPPL)
	}
	if e.Steps > 0 && e.Steps != b.steps { // known only once the recipe has said how large a step is
		b.steps = e.Steps
		b.bar.ChangeMax(e.Steps)
	}
	b.bar.Describe(fmt.Sprintf("%-*s", figuresWidth, b.loss+b.ppl+b.timeLeft(e)))
	if e.Kind == Step {
		_ = b.bar.Set(min(e.Step, b.steps))
	}
}

// timeLeft predicts from the steps after the first one, which is slow because
// the graph is compiled in it.
func (b *bar) timeLeft(e Event) string {
	if e.Kind != Step {
		return ""
	}
	if b.started.IsZero() {
		b.started, b.first = time.Now(), e.Step
		return ""
	}
	done, left := e.Step-b.first, b.steps-e.Step
	if done <= 0 || left <= 0 {
		return ""
	}
	perStep := time.Since(b.started) / time.Duration(done)
	return fmt.Sprintf("  ~%s left", (perStep * time.Duration(left)).Round(time.Second))
}

// terminal is a bar with the evaluation lines above it.
type terminal struct {
	bar   *bar
	lines Reporter
}

// NewTerminal returns a reporter that shows what NewBar shows and, above the
// bar, the lines that NewPlain writes.
func NewTerminal(w io.Writer, steps int) Reporter {
	return &terminal{bar: newBar(w, steps), lines: NewPlain(w)}
}

// Report shows the event.
func (t *terminal) Report(e Event) {
	if e.Kind != Step {
		_ = t.bar.bar.Clear()
		t.lines.Report(e)
	}
	t.bar.Report(e)
}
