package bench

import (
	"testing"
	"time"

	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
)

func TestConflictNamesTheSetting(t *testing.T) {
	run := journal.Run{Tag: "nov24", Protocol: journal.Protocol{Preset: "nano", Steps: 100, EvalEvery: 25, Seed: 1, Backend: "auto"}}
	same := Settings{Tag: "nov24", Budget: 50, Timeout: time.Hour, Protocol: journal.Protocol{Preset: "nano", Steps: 100, EvalEvery: 25, Seed: 1, Backend: "auto"}}
	tests := map[string]struct {
		change func(*Settings)
		want   string
	}{
		"none": {func(*Settings) {}, ""},
		"preset": {
			func(s *Settings) { s.Preset = "smollm-135m" },
			"run nov24 has --preset nano, not smollm-135m; leave --preset out to go on with it, or start another run with --tag NAME",
		},
		"steps": {
			func(s *Settings) { s.Steps = 200 },
			"run nov24 has --steps 100, not 200; leave --steps out to go on with it, or start another run with --tag NAME",
		},
		"eval-every": {
			func(s *Settings) { s.EvalEvery = 50 },
			"run nov24 has --eval-every 25, not 50; leave --eval-every out to go on with it, or start another run with --tag NAME",
		},
		"eval-tokens": {
			func(s *Settings) { s.EvalTokens = 4096 },
			"run nov24 has --eval-tokens 0, not 4096; leave --eval-tokens out to go on with it, or start another run with --tag NAME",
		},
		"equal": { // the run is of a version that knew steps only
			func(s *Settings) { s.Equal = journal.EqualTokens },
			"run nov24 has --equal steps, not tokens; leave --equal out to go on with it, or start another run with --tag NAME",
		},
		"equal as it was": {func(s *Settings) { s.Equal = journal.EqualSteps }, ""},
		"seed": {
			func(s *Settings) { s.Seed = 2 },
			"run nov24 has --seed 1, not 2; leave --seed out to go on with it, or start another run with --tag NAME",
		},
		"group-fallback": {
			func(s *Settings) { s.GroupFallback = true },
			"run nov24 has --group-fallback false, not true; leave --group-fallback out to go on with it, or start another run with --tag NAME",
		},
		"backend": {
			func(s *Settings) { s.Backend = "xla" },
			"run nov24 has --backend auto, not xla; leave --backend out to go on with it, or start another run with --tag NAME",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			settings := same
			test.change(&settings)
			got := ""
			if err := settings.conflict(run); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("conflict is %q, want %q", got, test.want)
			}
		})
	}
}

func TestTimeoutAfter(t *testing.T) {
	tests := map[string]struct {
		asked    time.Duration
		baseline table.Measure
		want     time.Duration
	}{
		"ten times the baseline":  {0, 14.5, 145 * time.Second},
		"at least a minute":       {0, 0.2, time.Minute},
		"asked for":               {90 * time.Second, 14.5, 90 * time.Second},
		"none for the baseline":   {0, table.Missing(), 0},
		"asked, for the baseline": {90 * time.Second, table.Missing(), 90 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := (Settings{Timeout: test.asked}).TimeoutAfter(test.baseline, 1); got != test.want {
				t.Errorf("limit is %s, want %s", got, test.want)
			}
		})
	}
}
