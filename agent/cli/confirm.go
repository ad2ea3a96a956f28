package cli

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/agent/bench"
	"github.com/ternlab/ternlab/agent/check"
	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/agent/trials"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/results/verdict"
	"github.com/ternlab/ternlab/workspace/repo"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

// confirmSeeds is how many fresh seeds the final check takes unless it is said: as many
// as a candidate is measured on before it is kept, so that a recipe that is bad on some
// isn't luckier here.
func confirmSeeds(rule verdict.Rule) int {
	const least, enough = 3, 5
	if !rule.Sequential() {
		return least
	}
	return min(enough, max(least, rule.MaxSeeds))
}

// confirmOptions are the flags of `agent confirm`.
type confirmOptions struct {
	readOptions
	seeds   int
	ablate  bool
	sandbox string
	text    string
}

// unseenTextHelp describes --unseen-text.
const unseenTextHelp = "UTF-8 text of yours, a `file` that nobody else knows, for the final check to measure on (default: a text generated from a secret seed, where the preset can make texts, else the evaluation text)"

func newConfirmCommand(a *app) *cobra.Command {
	var o confirmOptions
	cmd := &cobra.Command{
		Use:   "confirm",
		Short: "Measure the gain again, on fresh seeds and unseen text",
		Long: `confirm trains the baseline and the champion on seeds that no verdict rests on,
and measures them on a text that nobody could know. Where the preset can make texts
it is generated for this check, from a seed that the journal fixed by its digest when
the run began, and reveals now. It says which gain is confirmed, and how much of what the run
believed is lost: a champion was chosen for its figures, so some of them are luck.

--unseen-text measures on a text of yours instead. It is copied into the run's
folder; the journal has its digest. Choose one that was written after the model's
own texts, or that was never published.

--ablate also takes each kept change out of the champion in turn, and says which
of them do nothing that can be seen.

What was measured before isn't measured again; Ctrl-C loses nothing.`,
		Example: `  agent confirm
  agent confirm --ablate --seeds 5
  agent confirm --unseen-text ~/letters.txt
  agent confirm --tag nov24 --json | jq .confirmed`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runConfirm(cmd.Context(), a, o) },
	}
	o.addFlags(cmd, "a JSON object: confirmation and contributions; what goes on is told on stderr")
	cmd.Flags().IntVar(&o.seeds, "seeds", 0, "fresh seeds to train on (default 5, 3 under --keep-rule brief)")
	cmd.Flags().BoolVar(&o.ablate, "ablate", false, "also measure the champion without each kept change")
	cmd.Flags().StringVar(&o.text, "unseen-text", "", unseenTextHelp)
	cmd.Flags().StringVar(&o.sandbox, "sandbox", sandbox.Auto, "what keeps trainings in: auto, namespaces, landlock, or off")
	return cmd
}

// confirmed is what the command found, for scripts.
type confirmed struct {
	Confirmation  journal.Confirmation   `json:"confirmation"`
	Contributions []journal.Contribution `json:"contributions"` // Empty without --ablate.
}

func runConfirm(ctx context.Context, a *app, o confirmOptions) error {
	if o.seeds < 2 && o.seeds != 0 {
		return usagef("--seeds %d: it must be at least 2, or there is no interval", o.seeds)
	}
	if err := sandbox.ParseMode(o.sandbox); err != nil {
		return &usageError{err}
	}
	v, err := o.open(a)
	if err != nil {
		return err
	}
	if o.seeds == 0 {
		o.seeds = confirmSeeds(v.run.Rule)
	}
	champion, ok := journal.Best(v.experiments)
	switch {
	case !ok:
		return usagef("run %s has no baseline yet; `%s run --tag %s` goes on with it", v.run.Tag, a.name, v.run.Tag)
	case champion.Number == 0:
		return usagef("run %s has kept nothing, so there is nothing to confirm", v.run.Tag)
	}
	run, experiments, err := o.measure(ctx, a, v)
	if err != nil {
		return err
	}
	found := confirmed{Contributions: []journal.Contribution{}}
	if champion, _ = journal.Best(experiments); champion.Number == 0 {
		return fmt.Errorf("run %s has kept nothing that its figures hold for; `%s log` says what was withdrawn", v.run.Tag, a.name)
	}
	if found.Confirmation, ok = journal.Confirm(run, experiments, o.seeds); !ok {
		return errors.New("the final check is not complete")
	}
	if o.ablate {
		found.Contributions = journal.Contributions(run, experiments, o.seeds)
	}
	if o.json {
		return a.printJSON(found)
	}
	a.printConfirmation(found.Confirmation)
	return a.printContributions(found.Contributions)
}

// measure does the trainings that are missing.
func (o confirmOptions) measure(ctx context.Context, a *app, v *view) (journal.Run, []journal.Experiment, error) {
	repository, err := repo.Open(v.root)
	if err != nil {
		return journal.Run{}, nil, err
	}
	shown := a
	if o.json {
		shown = a.onStderr()
	}
	screen := newScreen(shown)
	defer screen.close()
	settings := bench.SettingsOf(v.run)
	settings.Sandbox, settings.UnseenText = o.sandbox, o.text
	run, err := bench.Open(repository, settings, screen)
	if err != nil {
		return journal.Run{}, nil, asUsage(err)
	}
	a.interrupts.finishStep(run, screen)
	err = check.Confirm(ctx, run, o.seeds)
	if err == nil && o.ablate {
		err = check.Ablate(ctx, run, o.seeds)
	}
	if err := errors.Join(err, run.Close()); err != nil {
		if ctx.Err() != nil || errors.Is(err, bench.ErrStopped) {
			return journal.Run{}, nil, fmt.Errorf("%w; nothing is lost: the same command goes on", errInterrupted)
		}
		if errors.As(err, new(*trials.TooGoodError)) {
			return journal.Run{}, nil, fmt.Errorf("stopped for you to look at it: %w\nthe same command shows the final check", err)
		}
		return journal.Run{}, nil, asUsage(err)
	}
	return run.Record.Run(), run.Record.Experiments(), nil
}

// printConfirmation says what is left of the gain.
func (a *app) printConfirmation(c journal.Confirmation) {
	a.print("final check of experiment %d, %d fresh seeds, %s:\n", c.Champion, len(c.Seeds), measuredOn(c))
	a.print("  eval_ppl %.2f → %.2f: %s, between %s and %s with 95 %% confidence\n", c.BaselinePPL, c.ChampionPPL,
		signedPercent(c.Confirmed), signedPercent(c.Low), signedPercent(c.High))
	a.print("  the run believed %s; %s of that gain (in log eval_ppl) %s\n", signedPercent(c.Believed),
		fmt.Sprintf("%.1f %%", 100*max(c.Shrinkage, -c.Shrinkage)), shrank(c.Shrinkage))
	a.print("  a training took %s; the baseline's %s\n", computed(c.ChampionCompute), computed(c.BaselineCompute))
	for _, more := range []string{
		factor("tokens", c.ChampionCompute.TrainTokens, c.BaselineCompute.TrainTokens),
		factor("FLOPs", c.ChampionCompute.TrainFLOPs, c.BaselineCompute.TrainFLOPs),
	} {
		if more != "" {
			a.print("  it took %s\n", more)
		}
	}
	if c.FullPPL.Valid() {
		a.print("  the full-precision model has %.2f on this text\n", c.FullPPL)
	}
	if c.FullPPL.Valid() && c.ChampionPPL < c.FullPPL {
		a.print("  the champion is better than the model that it was rounded from: look at it before you believe that\n")
	}
	a.print("  worst seed %d: %s\n", c.Worst.Seed, signedPercent(c.Worst.Change))
	if c.Worst.Change >= 0 && c.High < 0 {
		a.print("  it isn't confirmed on every seed: the recipe may be bad on some\n")
	}
	if c.High >= 0 {
		a.print("  the gain is not confirmed: the interval reaches 0\n")
	}
	a.printGap(c)
	a.printText(c)
}

// measuredOn says which text a final check was on.
func measuredOn(c journal.Confirmation) string {
	switch {
	case c.Unseen != nil && c.Unseen.Kind == journal.TextSecret:
		return "on a text that nobody could know"
	case c.Unseen != nil:
		return "on a text of yours (SHA-256 " + line.Commit(c.Unseen.Digest) + ")"
	case c.Text == journal.TextHoldout:
		return "on a text that no experiment was measured on"
	}
	return "on the evaluation text (the preset has no other; --unseen-text FILE names one)"
}

// printGap says whether the gain holds for the text that experiments were measured on
// alone.
func (a *app) printGap(c journal.Confirmation) {
	switch {
	case c.Gap == nil || !c.Gap.Low.Valid():
	case c.Gap.Disagrees && c.Unseen.Kind == journal.TextPrivate:
		a.print("  the gain on the loop's text is %s, on your text %s: %s. It has learned the loop's text rather than the language,\n  or suits that kind of text better than yours; the gain is not confirmed\n",
			signedPercent(c.SameText), signedPercent(c.Confirmed), apart(*c.Gap))
	case c.Gap.Disagrees:
		a.print("  the gain on the loop's text is %s, on a text that nobody knew %s: %s.\n  It has learned the text rather than the language; the gain is not confirmed\n",
			signedPercent(c.SameText), signedPercent(c.Confirmed), apart(*c.Gap))
	default:
		a.print("  on the same seeds and the loop's text: %s; noise of texts and seeds explains the difference\n", signedPercent(c.SameText))
	}
}

// apart says how far apart two gains are.
func apart(gap verdict.Gap) string {
	return fmt.Sprintf("eval_ppl is %s to %s above what the loop's gain promises, more than noise explains", signedPercent(gap.Low), signedPercent(gap.High))
}

// printText says how a text that was secret is made again.
func (a *app) printText(c journal.Confirmation) {
	if c.Unseen == nil || c.Unseen.Seed == "" {
		return
	}
	a.print("  the text is no secret any more: trainer text --seed %s\n", c.Unseen.Seed)
}

func shrank(share table.Measure) string {
	if share < 0 {
		return "came on top"
	}
	return "was luck, or only holds for the evaluation text"
}

// printContributions says what each kept change does for the champion.
func (a *app) printContributions(contributions []journal.Contribution) error {
	if len(contributions) == 0 {
		return nil
	}
	a.print("\nthe champion without each kept change:\n")
	table := tabwriter.NewWriter(a, 0, 0, 2, ' ', 0)
	for _, c := range contributions {
		_, _ = fmt.Fprintf(table, "  #%d\t%s\t%s\n", c.Experiment, line.Cut(line.Clean(c.Description), descriptionWidth), contribution(c))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

func contribution(c journal.Contribution) string {
	switch {
	case c.Problem != "":
		return "not measured: " + line.Cut(line.Clean(c.Problem), 2*descriptionWidth)
	case c.Helps:
		return fmt.Sprintf("%s worse (%s to %s)", signedPercent(c.Loss), signedPercent(c.Low), signedPercent(c.High))
	}
	return fmt.Sprintf("does nothing that can be seen: %s (%s to %s)", signedPercent(c.Loss), signedPercent(c.Low), signedPercent(c.High))
}
