package observe_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/ternlab/ternlab/agent/observe"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/trainer/progress"
)

// told keeps what it is told; it doesn't care for what is done now.
type told struct {
	observe.Nothing
	err  error
	what []string
}

func (t *told) Say(line string) { t.what = append(t.what, line) }

func (t *told) Training(of observe.Training) progress.Reporter {
	t.what = append(t.what, of.Label)
	return t
}

func (t *told) Report(e progress.Event) { t.what = append(t.what, string(e.Kind)) }

func (t *told) Recorded(_ journal.Run, _ []journal.Experiment, _ int, data journal.Data) error {
	t.what = append(t.what, string(journal.KindOf(data)))
	return t.err
}

func TestAllAreTold(t *testing.T) {
	broken := errors.New("broken")
	first, second := &told{err: broken}, &told{}
	all := observe.All{first, observe.Nothing{}, second}
	all.Say("a line")
	all.Doing("something")
	all.Training(observe.Training{Label: "#7 "}).Report(progress.Event{Kind: progress.Step})
	err := all.Recorded(journal.Run{}, nil, 7, journal.Built{})
	if !errors.Is(err, broken) {
		t.Errorf("error %v, want that of the first", err)
	}
	want := []string{"a line", "#7 ", "step", "built"}
	for i, observer := range []*told{first, second} {
		if !slices.Equal(observer.what, want) {
			t.Errorf("observer %d was told %q, want %q", i, observer.what, want)
		}
	}
}
