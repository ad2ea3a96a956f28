package train

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/ternlab/ternlab/trainer/backend"
	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/command/subject"
	"github.com/ternlab/ternlab/trainer/contract"
	"github.com/ternlab/ternlab/trainer/harness"
	"github.com/ternlab/ternlab/trainer/memory"
	"github.com/ternlab/ternlab/trainer/prepare"
	"github.com/ternlab/ternlab/trainer/progress"
	"github.com/ternlab/ternlab/trainer/settings"
)

type trainOptions struct {
	contract.Training
	data           string
	trainText      []string
	evalText       string
	evalTokens     int
	model          string
	activationBits int
	memoryLimit    string
	sandbox        string
}

// New is the command that trains, with a recipe (its source, which has the knobs).
func New(recipe string, newTraining NewTraining) *cobra.Command {
	return newTrain(func(ctx context.Context, o trainOptions, stdout io.Writer) error {
		return runTrain(ctx, o, recipe, newTraining, stdout)
	})
}

// newTrain is the command that trains, which run does once the flags are read.
func newTrain(run func(ctx context.Context, o trainOptions, stdout io.Writer) error) *cobra.Command {
	o := trainOptions{Training: contract.Training{
		Preset: prepare.Nano, Steps: 100, EvalEvery: 25, Seed: 1, Out: subject.ByHand, Backend: backend.Auto, Progress: "auto",
	}}
	command := &cobra.Command{
		Use:   "trainer",
		Short: "Fine-tune a Llama with ternary weights",
		Long: `Trainer fine-tunes a pretrained Llama with weights in {-1, 0, +1}, as recipe.go
says, and writes the ternary model and a table of evaluations.

eval_ppl is always that of the exported, fully ternary model (lambda 1),
whatever lambda the training is at.`,
		Example: "  trainer --steps 100 --eval-every 25 --activation-bits 16\n" +
			"  trainer --set LearningRate=1e-3 --set LambdaSchedule=none\n" +
			"  trainer --model SmolLM2-135M.Q8_0.gguf --backend xla",
		Args: program.NoArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return run(command.Context(), o, command.OutOrStdout())
		},
	}
	flags := command.Flags()
	settings.AddFlags(flags, &o)
	flags.Lookup("preset").Usage += ": " + prepare.Names(nil) + " (see trainer prepare --help)"
	flags.Lookup("backend").Usage = backend.FlagHelp
	flags.StringVar(&o.data, "data", prepare.DataFolder(), subject.DataHelp)
	flags.StringVar(&o.model, "model", "", "model folder or GGUF file that takes the place of the preset's model and tokenizer")
	flags.StringSliceVar(&o.trainText, "train-text", nil, "text files to train on, one document each, in the place of the preset's text")
	flags.StringVar(&o.evalText, "eval-text", "", "text file to evaluate on, in the place of the preset's text")
	flags.IntVar(&o.evalTokens, "eval-tokens", 0, subject.EvalTokensHelp)
	flags.IntVar(&o.activationBits, "activation-bits", 0, "bits of the inputs of linear layers, 8 or 16 (16 is not quantized); 0 takes the recipe's")
	flags.StringVar(&o.memoryLimit, "memory-limit", "", "memory that the training may take, such as 8GB; what needs more is refused before it starts; empty is what the machine has available, none is no limit")
	flags.StringVar(&o.sandbox, "sandbox", "auto", "what keeps the training in: auto (the strictest that works), namespaces, landlock, or off (see docs/sandbox.md)")
	return command
}

func (o trainOptions) check() error {
	switch {
	case o.Steps < 0:
		return program.Misuse(fmt.Errorf("--steps is %d, want 0 or more", o.Steps))
	case o.Tokens < 0:
		return program.Misuse(fmt.Errorf("--tokens is %d, want 0 (as many as --steps have) or more", o.Tokens))
	case o.Tokens > 0 && o.Steps == 0:
		return program.Misuse(fmt.Errorf("--steps 0 trains on nothing, so --tokens %d says nothing; leave one of them out", o.Tokens))
	case o.EvalEvery < 1:
		return program.Misuse(fmt.Errorf("--eval-every is %d, want 1 or more steps", o.EvalEvery))
	case o.evalTokens < 0:
		return program.Misuse(fmt.Errorf("--eval-tokens is %d, want 0 (all) or more", o.evalTokens))
	case o.activationBits != 0 && o.activationBits != 8 && o.activationBits != 16:
		return program.Misuse(fmt.Errorf("--activation-bits is %d, want 8 or 16", o.activationBits))
	case o.Snapshots && o.evalText != "":
		return program.Misuse(fmt.Errorf("--snapshots leaves evaluation to another program, so --eval-text says nothing; give one of them"))
	case o.Out == "":
		return program.Misuse(fmt.Errorf("--out is empty, want a folder"))
	}
	_, err := o.limit()
	return err
}

func runTrain(ctx context.Context, o trainOptions, recipe string, newTraining NewTraining, stdout io.Writer) error {
	if err := o.check(); err != nil {
		return err
	}
	reporter, err := newReporter(o, stdout)
	if err != nil {
		return err
	}
	preset, err := subject.OpenPreset(o.Preset, o.data, "--model", o.model)
	if err != nil {
		return err
	}
	preset = preset.WithTrainText(o.trainText...).WithEvalText(o.evalText).WithEvalLimit(o.evalTokens)
	config, err := preset.Config()
	if err != nil {
		return err
	}
	training, steps, err := o.apply(newTraining, config)
	if err != nil {
		return err
	}
	engine, err := backend.Open(o.Backend, config.NumParameters())
	if err != nil {
		return err
	}
	plan := o.plan(config, training, engine, preset)
	fits, err := o.checkMemory(plan, engine)
	if err != nil {
		return err
	}
	start, err := preset.Model()
	if err != nil {
		return err
	}
	if start.Biases != nil {
		return fmt.Errorf("train --model %s: its linear layers have biases, which no Llama to start from has", o.model)
	}
	defer reporter.Report(progress.Event{Kind: progress.Done, Step: steps, Steps: steps})
	for _, message := range slices.Concat(startMessages(o, steps, engine), []string{fits}, training.Notes(), lambdaMessages(steps, training)) {
		reporter.Report(progress.Event{Kind: progress.Start, Steps: steps, Message: message})
	}
	if o.Snapshots { // for a program, which may propose changes
		refused := o.refuses(recipe, func(o trainOptions) error { return o.tryRecipe(newTraining, config, engine, preset) })
		reporter.Report(progress.Event{Kind: progress.Start, Steps: steps, Refuses: refused})
	}
	run := harness.Run{
		Preset: preset, Start: start, Training: training, Backend: engine.Backend,
		Steps: steps, MaxTokens: o.Tokens, EvalEvery: o.EvalEvery, EvalOf: o.Steps, Seed: o.Seed, Out: o.Out, Snapshots: o.Snapshots, Progress: reporter,
	}
	began := time.Now()
	if err := run.Do(ctx); err != nil {
		return err
	}
	computed, err := computeMessage(config, training, steps, time.Since(began).Seconds())
	if err != nil {
		return err
	}
	for _, message := range append(endMessages(steps, training, plan), computed) {
		reporter.Report(progress.Event{Kind: progress.Export, Step: steps, Steps: steps, Message: message})
	}
	return nil
}

// endMessages sum a training up: the memory it took, and how far lambda got.
func endMessages(steps int, training harness.Training, plan memory.Plan) []string {
	var messages []string
	if peak := memory.Peak(); peak > 0 {
		messages = append(messages, fmt.Sprintf("memory: %s at the peak, %s had been expected", memory.Format(peak), memory.Format(plan.Peak())))
	}
	if steps == 0 {
		return messages
	}
	if reached := training.Schedule(steps).Lambda; reached < 1 {
		return append(messages, fmt.Sprintf("warning: lambda reached %.3g in %d steps, but the model is measured at lambda 1, for which its weights were never trained; let it rise faster", reached, steps))
	}
	first := 1
	for training.Schedule(first).Lambda < 1 {
		first++
	}
	return append(messages, fmt.Sprintf("lambda reached 1 at step %d of %d", first, steps))
}

func startMessages(o trainOptions, steps int, engine backend.Engine) []string {
	start := "preset " + o.Preset
	if o.model != "" {
		start += " with model " + o.model
	}
	var messages []string
	if o.sandbox == sandboxOff {
		messages = append(messages, "sandbox: off: the recipe runs with your rights")
	}
	messages = append(messages, fmt.Sprintf("%s, %d steps, seed %d, backend %s: %s", start, steps, o.Seed, engine.Name, engine.Reason))
	if engine.Hint != "" {
		messages = append(messages, engine.Hint)
	}
	return messages
}

// lambdaMessages warn of a training that ends before its weights are fully
// ternary, as the evaluated ones are.
func lambdaMessages(steps int, training harness.Training) []string {
	if last := training.Schedule(steps).Lambda; steps > 0 && last < 1 {
		return []string{fmt.Sprintf("warning: lambda will end at %.3g after %d steps, but the model is evaluated at lambda 1; let it rise faster", last, steps)}
	}
	return nil
}

func newReporter(o trainOptions, stdout io.Writer) (progress.Reporter, error) {
	kind := o.Progress
	if kind == "auto" {
		kind = "plain"
		if file, ok := stdout.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
			kind = "bar"
		}
	}
	switch kind {
	case "bar":
		return progress.NewTerminal(stdout, o.Steps), nil
	case "plain":
		return progress.NewPlain(stdout), nil
	case "json":
		return progress.NewJSON(stdout), nil
	}
	return nil, program.Misuse(fmt.Errorf("--progress is %q, want auto, bar, plain or json", o.Progress))
}
