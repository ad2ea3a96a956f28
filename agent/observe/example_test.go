package observe_test

import (
	"fmt"

	"github.com/ternlab/ternlab/agent/observe"
	"github.com/ternlab/ternlab/results/journal"
)

// keeps cares for what is kept alone.
type keeps struct{ observe.Nothing }

func (keeps) Recorded(_ journal.Run, _ []journal.Experiment, of int, data journal.Data) error {
	if judged, ok := data.(journal.Judged); ok && judged.Status.Kept() {
		fmt.Printf("experiment %d: %s\n", of, judged.Reason)
	}
	return nil
}

func Example() {
	observers := observe.All{keeps{}}
	observers.Say("experiment 7/20 · cosine warmup")
	_ = observers.Recorded(journal.Run{}, nil, 7, journal.Decided(journal.StatusKeep, "better on five seeds"))
	// Output: experiment 7: better on five seeds
}
