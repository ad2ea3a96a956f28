package draft

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/google/renameio/v2"

	"github.com/ternlab/ternlab/agent/failpoint"
	"github.com/ternlab/ternlab/results/journal"
)

// mostDeaths is how often the agent may have ended in the midst of handling an answer
// before that is the answer's fault. Once may be chance.
const mostDeaths = 2

// survive handles an answer. One that was in hand when the agent ended, and again,
// isn't touched a third time: it was journaled before it was handled, so the agent would
// end at each start.
func (d *Drafter) survive(number, attempt int, handle func() error) error {
	begun, err := d.begunHandling(number)
	if err != nil {
		return err
	}
	if begun[attempt] >= mostDeaths {
		return fault(journal.FailureNoBuild, fmt.Errorf("handling this answer ended the agent %d times; answer with a smaller and simpler change", begun[attempt]))
	}
	begun[attempt]++
	if err := d.noteHandling(number, begun); err != nil {
		return err
	}
	failpoint.Hit(failpoint.Handling)
	err = handle()
	delete(begun, attempt)
	return errors.Join(err, d.noteHandling(number, begun))
}

// begunHandling is how often each of an experiment's answers was begun to be handled
// without an end.
func (d *Drafter) begunHandling(number int) (map[int]int, error) {
	begun := map[int]int{}
	text, err := os.ReadFile(d.bench.Folder.Handling(number))
	if errors.Is(err, fs.ErrNotExist) {
		return begun, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read which answers were in hand: %w", err)
	}
	if err := json.Unmarshal(text, &begun); err != nil {
		return map[int]int{}, nil //nolint:nilerr // a count that is lost begins anew
	}
	return begun, nil
}

// noteHandling makes the counts last, synced to disk.
func (d *Drafter) noteHandling(number int, begun map[int]int) error {
	if len(begun) == 0 {
		if err := os.Remove(d.bench.Folder.Handling(number)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("note that an answer was handled: %w", err)
		}
		return nil
	}
	text, err := json.Marshal(begun)
	if err == nil {
		err = renameio.WriteFile(d.bench.Folder.Handling(number), text, 0o644)
	}
	if err != nil {
		return fmt.Errorf("note that an answer is in hand: %w", err)
	}
	return nil
}
