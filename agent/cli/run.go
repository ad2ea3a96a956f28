package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/agent/bench"
	"github.com/ternlab/ternlab/agent/lab/local"
	"github.com/ternlab/ternlab/agent/loop"
	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/agent/texts"
	"github.com/ternlab/ternlab/agent/trials"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/results/verdict"
	"github.com/ternlab/ternlab/trainer/contract"
	"github.com/ternlab/ternlab/trainer/settings"
	"github.com/ternlab/ternlab/workspace/repo"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

// runOptions are the flags of `agent run`.
type runOptions struct {
	bench.Settings
	proposer string
	llm      llmOptions
	json     bool

	noConfirm bool
	given     func(flag string) bool // was the flag on the command line?
}

func newRunCommand(a *app) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run experiments",
		Long: `run measures the recipe as it is at HEAD (experiment 0, the baseline), then does
--budget experiments: one change is proposed, built, trained and measured; it is
kept if eval_ppl of the exported ternary model is lower than the champion's by
more than luck explains.

Each training gets as many tokens as the baseline's --steps have: more of them a
step mean fewer steps (--equal tokens; steps and time are the other ways, and
docs/judge.md has why). So what is kept is a better recipe, not a longer training.

A candidate and its champion are trained on the same seeds, one after another,
until it is clear (--max-seeds). No more than 5 % of runs keep anything that is
no better. What helps less than the noise lets see is not found: docs/judge.md
has the figures. A training that falls far behind is stopped. At the end
champion and baseline are compared on fresh seeds and on a text that nobody could
know, generated from a secret seed where the preset can (--no-confirm leaves that out,
--unseen-text takes a text of yours).

Kept experiments are commits on branch autoresearch/TAG; the others are kept
under refs/experiments/TAG/N. Your branch, index and files are left alone. All
else is in runs/TAG.

Ctrl-C lets the step in hand finish (a training, a build, a question to a model)
and ends the run; once more ends it at once. SIGTERM gives the step 8 s. Nothing
is lost: the same command goes on where it was. A run that is done goes on with
a larger --budget. Without --tag the last run goes on if it was interrupted or
started from what is HEAD now; otherwise a new one begins. --budget-time 8h begins
no experiment once all commands of the run together have taken so long; what is
under way is finished, and the final check comes on top.

--parallel K tries K changes of the same champion at the same time. Where more than
one of them is better, the best is kept, and the others' changes are tried again
on it, as new experiments.

--proposer llm asks the language model behind OPENAI_API_KEY or, for any
OpenAI-compatible server, OPENAI_BASE_URL; auto does so if one of them is set.
gp, tpe and random need neither: gp changes several knobs of trainer/recipe.go at once,
as a model of whole recipes says; tpe and random change one at a time.
Its tokens are counted as the endpoint reports them, and as many as a request
could have where it doesn't, or failed. --fallback tpe goes on while the endpoint
is down. No request is sent that could exceed --budget-tokens or --budget-usd.`,
		Example: `  agent run --budget 5                          offline, on the preset that is built in
  agent run --budget 50 --proposer random       for comparison
  OPENAI_API_KEY=... agent run --budget 20 --model gpt-5-mini
  OPENAI_BASE_URL=http://localhost:8080/v1 agent run --budget 20 --timeout 10m`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.given = cmd.Flags().Changed
			return runRun(cmd.Context(), a, o)
		},
	}
	o.addFlags(cmd)
	return cmd
}

// addFlags adds the flags of `agent run`.
func (o *runOptions) addFlags(cmd *cobra.Command) {
	o.addCommonFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&o.proposer, "proposer", proposer.Auto, "who proposes: "+proposer.Help())
	f.IntVar(&o.Parallel, "parallel", 1, "experiments at the same time, each on its share of the processors")
	o.llm.addFlags(cmd)
	f.DurationVar(&o.BudgetTime, "budget-time", 0, "begin no experiment once the run has taken this long in all, as in 8h (default: no limit; without --budget there is then no other)")
	f.IntVar(&o.BudgetTokens, "budget-tokens", 0, "`tokens` of a language model in all, in and out (default: no limit)")
	f.Float64Var(&o.BudgetUSD, "budget-usd", 0, "`dollars` for them in all (default: no limit)")
	f.StringVar(&o.UnseenText, "unseen-text", "", unseenTextHelp)
	f.BoolVar(&o.noConfirm, "no-confirm", false, "leave the final check on fresh seeds out; agent confirm does it later")
}

// addCommonFlags adds those that `agent aa` has, too.
func (o *runOptions) addCommonFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	o.Protocol = defaults()
	settings.AddFlags(f, &o.Protocol)
	f.IntVar(&o.Budget, "budget", 5, "experiments in all, without the baseline")
	f.StringVar(&o.Tag, "tag", "", "the run's `name` (default: the last run's, else the date as in nov24)")
	f.StringVar(&o.Sandbox, "sandbox", sandbox.Auto, "what keeps experiments in: auto (the strictest that works), namespaces, landlock, or off (see docs/sandbox.md)")
	f.StringVar(&o.KeepExports, "keep-exports", bench.ExportsKept, "exported models that stay on the disk: all, kept (of kept experiments and the baseline), or champion")
	f.DurationVar(&o.Timeout, "timeout", 0, "longest time of one training, as in 90s or 10m (default 10 times the baseline's)")
	f.BoolVar(&o.json, "json", false, "end with a JSON array of all experiments, as log --json; what goes on is told on stderr")
	f.DurationVar(&o.StallTimeout, "stall-timeout", 5*time.Minute, "longest time of a training without progress")
}

// defaults is the protocol of a run that is told nothing else.
func defaults() journal.Protocol {
	return journal.Protocol{
		Preset: contract.DefaultPreset, Steps: 100, EvalEvery: 25, Equal: journal.EqualTokens, Seed: 1, Backend: "auto",
		Rule: verdict.Rule{Name: verdict.RuleSequential, MaxSeeds: 8, MinEffect: 0.001, Alpha: 0.05, Racing: true},
	}
}

// check says what the flags ask for that can't be.
func (o *runOptions) check() error {
	switch {
	case o.Budget < 0:
		return usagef("--budget %d: it must not be negative", o.Budget)
	case o.Parallel < 1 && !o.AA:
		return usagef("--parallel %d: it must be at least 1", o.Parallel)
	case o.BudgetTime < 0:
		return usagef("--budget-time %s: it must not be negative", o.BudgetTime)
	case o.Steps < 1:
		return usagef("--steps %d: it must be at least 1", o.Steps)
	case o.EvalEvery < 1:
		return usagef("--eval-every %d: it must be at least 1", o.EvalEvery)
	case o.EvalTokens < 0:
		return usagef("--eval-tokens %d: it must not be negative", o.EvalTokens)
	case !slices.Contains([]string{journal.EqualSteps, journal.EqualTokens, journal.EqualTime}, o.Equal):
		return usagef("--equal %q: there are tokens, steps and time", o.Equal)
	case o.Rule.Name != verdict.RuleSequential && o.Rule.Name != verdict.RuleBrief:
		return usagef("--keep-rule %q: there are sequential and brief", o.Rule.Name)
	case o.Rule.MaxSeeds < 2:
		return usagef("--max-seeds %d: it must be at least 2; --keep-rule brief decides on one", o.Rule.MaxSeeds)
	case !(o.Rule.Alpha > 0 && o.Rule.Alpha <= 1):
		return usagef("--risk %v: it must be above 0 and at most 1 false keep a run", o.Rule.Alpha)
	case !(o.Rule.MinEffect >= 0 && o.Rule.MinEffect < 1):
		return usagef("--min-effect %v: it must be a share from 0 to 1, as 0.01 for 1 %%", o.Rule.MinEffect)
	case !slices.Contains([]string{bench.ExportsAll, bench.ExportsKept, bench.ExportsChampion}, o.KeepExports):
		return usagef("--keep-exports %q: there are all, kept and champion", o.KeepExports)
	case o.Timeout < 0 || o.StallTimeout < 0:
		return usagef("a timeout must not be negative")
	case !proposer.IsKnown(o.proposer):
		return usagef("--proposer %q: there are %s", o.proposer, proposer.Names("and"))
	case sandbox.ParseMode(o.Sandbox) != nil:
		return &usageError{sandbox.ParseMode(o.Sandbox)}
	case o.Tag != "":
		if err := repo.ValidateTag(o.Tag); err != nil {
			return &usageError{err}
		}
	}
	if o.AA {
		return nil // nothing is proposed
	}
	return o.checkLLM()
}

func runRun(ctx context.Context, a *app, o runOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.BudgetTime > 0 && !o.given("budget") {
		o.Budget = bench.Unlimited
	}
	shown := a
	if o.json {
		shown = a.onStderr()
	}
	repository, err := shown.openRepository()
	if err != nil {
		return err
	}
	if err := o.chooseRun(shown, repository); err != nil {
		return err
	}
	if o.Parallel > 1 && o.Equal == journal.EqualTime {
		return usagef("--parallel %d with --equal time: the baseline was timed alone on the machine, the others would have a share of it; leave --parallel out", o.Parallel)
	}
	if o.Parallel > 1 && local.Slots(o.Backend) == 1 {
		return usagef("--parallel %d: the trainings would share one GPU, each taking most of its memory; leave it out, or choose --backend xla or go", o.Parallel)
	}
	if !o.noConfirm && !o.AA {
		o.ConfirmSeeds = confirmSeeds(o.Rule)
	}
	screen := newScreen(shown)
	defer screen.close()
	var p proposer.Proposer // none where the champion is compared with itself
	if o.Proposer = o.proposer; !o.AA {
		if p, err = o.newProposer(screen); err != nil {
			return err
		}
		o.Proposer = p.Name()
	}
	if err := shown.sayPrice(&o); err != nil {
		return err
	}
	run, err := bench.Open(repository, o.Settings, screen)
	if err != nil {
		return asUsage(err)
	}
	if run.Next() < len(run.Record.Experiments()) || run.Next() <= o.Budget {
		shown.printForecast(run.Record.Run(), run.Record.Experiments())
	}
	a.interrupts.finishStep(run, screen)
	err = asUsage(loop.New(run, p).Run(ctx))
	screen.close()
	if err := errors.Join(err, run.Close()); err != nil {
		return goOn(ctx, err, run)
	}
	return a.printRun(o, run)
}

// asUsage makes an error of the command line's of settings that don't fit.
func asUsage(err error) error {
	setting, text := new(bench.SettingError), new(texts.TextError)
	if errors.As(err, &setting) || errors.As(err, &text) {
		return &usageError{err}
	}
	return err
}

// goOn says how to go on where the run was stopped, by the user or by an error.
func goOn(ctx context.Context, err error, run *bench.Bench) error {
	switch {
	case ctx.Err() != nil || errors.Is(err, bench.ErrStopped):
		return fmt.Errorf("%w; nothing is lost: the same command goes on with experiment %d", errInterrupted, run.Next())
	case errors.As(err, new(*trials.TooGoodError)):
		return fmt.Errorf("stopped for you to look at it: %w\nagent show and agent diff have the figures and the change; the same command goes on with what comes next", err)
	case run.Next() > 0:
		return fmt.Errorf("experiment %d: %w\nnothing is lost: the same command goes on with experiment %d", run.Next(), err, run.Next())
	}
	return err
}

// openRepository opens the user's repository, or makes one where the project
// was downloaded without.
func (a *app) openRepository() (*repo.Repository, error) {
	root, err := findRoot()
	if err != nil {
		return nil, err
	}
	repository, err := repo.Open(root)
	if errors.Is(err, repo.ErrNoRepository) {
		a.print("there is no git repository here; making one, with the files as they are, to record experiments in\n")
		return repo.Init(root)
	}
	return repository, err
}

// withoutTime drops what a person at a terminal doesn't need.
func withoutTime(_ []string, attr slog.Attr) slog.Attr {
	if attr.Key == slog.TimeKey || attr.Key == slog.LevelKey {
		return slog.Attr{}
	}
	return attr
}

// printRun ends a run: what was tried, and where to look next.
func (a *app) printRun(o runOptions, run *bench.Bench) error {
	experiments := run.Record.Experiments()
	if o.json {
		return a.printJSON(experiments)
	}
	a.print("\n")
	if err := a.printExperiments(experiments); err != nil {
		return err
	}
	a.print("\n%s\n", summary(experiments))
	a.printFullPrecision(run.Record.Run())
	if reached := lambdaReached(experiments); reached != "" {
		a.print("%s\n", reached)
	}
	a.printSaved(run.Record.Run(), experiments)
	a.printJudging(run.Record.Run(), experiments)
	a.printForecast(run.Record.Run(), experiments)
	if confirmation, ok := journal.Confirm(run.Record.Run(), experiments, o.ConfirmSeeds); ok {
		a.printConfirmation(confirmation)
	}
	if o.AA {
		a.printFalseKeeps(experiments)
	}
	a.print("\n")
	tag := ""
	if o.given("tag") {
		tag = " --tag " + o.Tag
	}
	a.printHints([][2]string{
		{a.name + " log" + tag, "this table"},
		{a.name + " show N" + tag, "one experiment: why, figures, diff, log"},
		{"git log autoresearch/" + o.Tag, "the kept experiments"},
		{a.name + " adopt best" + tag, "bring the champion onto your branch"},
		{a.name + " run " + o.larger() + tag, "go on"},
	})
	return nil
}
