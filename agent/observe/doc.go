// Package observe is how others learn what happens in a run: each [Observer] of a list
// is told what is journaled, how trainings go, and what is said to people. The screen
// is one; the run's tables are another (record.Tables). An observer decides nothing.
//
// What an observer doesn't care for it takes from [Nothing]:
//
//	type counter struct {
//		observe.Nothing
//		records int
//	}
//
//	func (c *counter) Recorded(journal.Run, []journal.Experiment, int, journal.Data) error {
//		c.records++
//		return nil
//	}
package observe
