package texts

import (
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/prepare"
	"github.com/ternlab/ternlab/trainer/prepare/corpus"
)

// New are the commands that make and check the texts of final checks, which a
// candidate must not hold.
func New() []*cobra.Command { return []*cobra.Command{newText(), newCheckText()} }

// textOptions say which text is made, from which seed.
type textOptions struct {
	preset   string
	seed     string // 64 hexadecimal digits
	seedFile string // file that has them
	out      string // file to write; empty is stdout
}

func newText() *cobra.Command {
	var o textOptions
	command := &cobra.Command{
		Use:   "text",
		Short: "Make the text of a final check from its seed",
		Long: `Makes the text that the final check of a run of the agent measures on. It is
generated for that check alone, from a seed that was drawn when the run began.
Until the check is done the seed is secret; then the run's journal has it, and
this command makes the same text again, to measure the same figures.

Not every preset has a generator of texts.`,
		Example: "  trainer text --seed 5f0c… --out secret.txt\n" +
			"  trainer evaluate --model runs/nov24/experiments/3/out/export --eval-text secret.txt",
		Args: program.NoArguments,
		RunE: func(command *cobra.Command, _ []string) error { return o.run(command.OutOrStdout()) },
	}
	flags := command.Flags()
	flags.StringVar(&o.preset, "preset", prepare.Nano, "preset in whose manner the text is: "+prepare.Names(makesTexts))
	flags.StringVar(&o.seed, "seed", "", "the seed, 64 hexadecimal digits")
	flags.StringVar(&o.seedFile, "seed-file", "", "`file` with the seed, which other users can't see there as they can on a command line")
	flags.StringVar(&o.out, "out", "", "`file` to write, for nobody else to read (default: stdout)")
	return command
}

func makesTexts(spec prepare.Spec) bool { return spec.MakesTexts }

func (o textOptions) run(stdout io.Writer) error {
	spec, err := prepare.FindSpec(o.preset)
	if err != nil {
		return program.Misuse(err)
	}
	if !spec.MakesTexts {
		return program.Misuse(fmt.Errorf("preset %s has no generator of texts, %s has; name a text of your own instead", o.preset, prepare.Names(makesTexts)))
	}
	seed, err := o.readSeed()
	if err != nil {
		return err
	}
	text := corpus.SecretProse(seed, corpus.EvalBytes)
	if o.out == "" {
		_, err = io.WriteString(stdout, text)
	} else {
		err = os.WriteFile(o.out, []byte(text), 0o600)
	}
	if err != nil {
		return fmt.Errorf("write the text: %w", err)
	}
	return nil
}

func (o textOptions) readSeed() (seed corpus.Seed, err error) {
	digits := o.seed
	if (o.seed == "") == (o.seedFile == "") {
		return seed, program.Misuse(fmt.Errorf("want either --seed or --seed-file"))
	}
	if o.seedFile != "" {
		text, err := os.ReadFile(o.seedFile)
		if err != nil {
			return seed, fmt.Errorf("read the seed: %w", err)
		}
		digits = strings.TrimSpace(string(text))
	}
	bytes, err := hex.DecodeString(digits)
	if err != nil || len(bytes) != len(seed) {
		return seed, program.Misuse(fmt.Errorf("the seed is not %d hexadecimal digits; the run's journal has it, in its revealed record", 2*len(seed)))
	}
	return corpus.Seed(bytes), nil
}
