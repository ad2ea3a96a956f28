package journal

import (
	"cmp"

	"github.com/ternlab/ternlab/results/verdict"
)

// Protocol is the settings that all experiments of a run share: what must not change
// when it is resumed, or its experiments would no longer compare. A setting stands here
// alone: the tags are its name in the journal, its flag, and what people are told of it
// (package trainer/settings).
type Protocol struct {
	Preset string `json:"preset" flag:"preset" help:"model and data; trainer prepare --help lists them"`
	// Steps and EvalEvery are of the baseline's training.
	Steps      int `json:"steps" flag:"steps" help:"optimizer steps of the baseline's training; the others' follow from --equal"`
	EvalEvery  int `json:"eval_every" flag:"eval-every" help:"optimizer steps of the baseline between evaluations; the others are evaluated after the same shares of their training"`
	EvalTokens int `json:"eval_tokens,omitempty" flag:"eval-tokens" help:"measure on no more than the first tokens of the evaluation text, so many (default: all)"`
	// Equal is EqualSteps, EqualTokens or EqualTime; absent in older versions, which knew
	// steps only.
	Equal         string `json:"equal,omitempty" flag:"equal" help:"what each training gets as much of as the baseline: tokens (larger batches mean fewer steps), steps (whatever a step costs), or time (as far as a short measurement of a step foretells)"`
	Seed          uint64 `json:"seed" flag:"seed" help:"seed of data order, sampling and the offline proposers"`
	GroupFallback bool   `json:"group_fallback,omitempty" flag:"group-fallback" help:"let layers whose rows a group size doesn't divide take the next smaller size (default: such a recipe is refused)"`
	// Rule is how candidates are judged; absent in version 1, whose rule was the brief's.
	Rule    verdict.Rule `json:"rule" flag:",inline"`
	Backend string       `json:"backend" flag:"backend" help:"what computes: auto, go, xla, cuda or metal (see docs/backends.md)"`
	// AllowBetterThanFull is in the journal as Run.BetterThanFull.
	AllowBetterThanFull bool `json:"-" flag:"allow-better-than-full" help:"let exports count that beat the full-precision model, for texts on which fine-tuning may (default: the run stops for you to look)"`
}

// Settings are those that the run was begun with, and what an older version meant where
// it left one out.
func (r Run) Settings() Protocol {
	settings := r.Protocol
	settings.Equal = r.HeldEqual()
	settings.AllowBetterThanFull = r.BetterThanFull == BetterCounts
	return settings
}

// HeldEqual is what each training of the run gets the same of.
func (p Protocol) HeldEqual() string { return cmp.Or(p.Equal, EqualSteps) }
