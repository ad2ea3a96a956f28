package bench

import (
	"fmt"
	"math"
	"time"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/settings"
)

// Settings are what a run is asked to do.
type Settings struct {
	Tag string
	journal.Protocol
	Budget   int    // Experiments after the baseline, or Unlimited.
	Parallel int    // Experiments that are trained at the same time; 0 and 1: one.
	Proposer string // Who proposes, as the journal has it.
	AA       bool   // Compare the champion with itself.

	BudgetTime   time.Duration // Longest time of the run in all processes until no experiment begins; 0: no limit.
	BudgetTokens int           // Tokens of a language model, in and out; 0: no limit.
	BudgetUSD    float64       // US dollars for them; 0: no limit.
	ConfirmSeeds int           // Fresh seeds of the final check; 0 for none.
	UnseenText   string        // File that the final check is to measure on; empty: what the run has.

	KeepExports string // Whose exported models stay: ExportsAll, ExportsKept or ExportsChampion; empty: all.

	Sandbox string // What keeps candidates in, as sandbox.Detect takes it.

	Timeout      time.Duration // Limit of one training; 0: ten times the baseline's time.
	StallTimeout time.Duration // Longest silence of a training.
}

// Unlimited is a budget of experiments that another one ends.
const Unlimited = math.MaxInt

// SettingsOf are the settings that a run was started with.
func SettingsOf(run journal.Run) Settings {
	return Settings{Tag: run.Tag, Protocol: run.Settings(), AA: run.AA}
}

// SettingError says that a run can't be continued with another setting, since
// its experiments would no longer compare.
type SettingError struct {
	Tag     string
	Setting string // The flag's name: "steps".
	Has     string // The run's value.
	Asked   string // The value asked for.
}

// Error names the setting and the two ways on.
func (e *SettingError) Error() string {
	return fmt.Sprintf("run %s has --%s %s, not %s; leave --%s out to go on with it, or start another run with --tag NAME",
		e.Tag, e.Setting, e.Has, e.Asked, e.Setting)
}

// conflict says which setting differs from the run's.
func (s Settings) conflict(run journal.Run) error {
	if run.AA != s.AA {
		return fmt.Errorf("run %s compares %s; start another with --tag NAME", s.Tag, compared(run.AA))
	}
	has, asked := run.Settings(), s.Protocol
	asked.Equal = asked.HeldEqual()
	if found, differ := settings.Compare(has, asked); differ {
		return &SettingError{Tag: run.Tag, Setting: found.Name, Has: found.Has, Asked: found.Asks}
	}
	return nil
}

// plannedProtocol is the protocol of a run that begins: most of the rule's risk is for as
// many experiments as the run was given.
func (s Settings) plannedProtocol() journal.Protocol {
	protocol := s.Protocol
	if protocol.Rule.Sequential() && s.Budget != Unlimited {
		protocol.Rule.Planned = s.Budget
	}
	return protocol
}

// betterThanFull is the setting as the journal has it.
func (s Settings) betterThanFull() string {
	if s.AllowBetterThanFull {
		return journal.BetterCounts
	}
	return journal.BetterStops
}

// leastTimeout keeps a short baseline from making a tight limit.
const leastTimeout = time.Minute

// TimeoutAfter is the limit of a training, given the baseline's time in
// seconds and how many share the machine. Without the user's or the baseline's time
// there is no limit.
func (s Settings) TimeoutAfter(baseline table.Measure, abreast int) time.Duration {
	const timesBaseline = 10
	switch {
	case s.Timeout > 0:
		return s.Timeout
	case !baseline.Valid():
		return 0
	}
	return max(leastTimeout, time.Duration(timesBaseline*float64(max(1, abreast))*float64(baseline)*float64(time.Second)))
}

// compared is what a run's experiments are compared with.
func compared(aa bool) string {
	if aa {
		return "the champion with itself and goes on with `agent aa`"
	}
	return "changes with the champion and goes on with `agent run`"
}
