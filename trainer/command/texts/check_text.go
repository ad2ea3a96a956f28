package texts

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/trainer/command/program"
	"github.com/ternlab/ternlab/trainer/command/subject"
	"github.com/ternlab/ternlab/trainer/prepare"
)

// mostShared is the largest share of a text that may stand in the preset's own
// texts: common phrases do, a copy doesn't.
const mostShared = 0.1

// checkedText is what a text for a final check is, as one JSON object.
type checkedText struct {
	Tokens  int     `json:"tokens"`
	Windows int     `json:"windows"` // Of the preset's context.
	Context int     `json:"context"`
	Trained float64 `json:"trained"` // Share of it that stands in the training text, too.
	Seen    float64 `json:"seen"`    // Share of it that stands in the evaluation text, too.
}

func newCheckText() *cobra.Command {
	var preset, data, file string
	command := &cobra.Command{
		Use:   "check-text",
		Short: "Say whether a text fits a final check: long enough, and none that was seen",
		Long: `Says what a text of yours is to a preset, in one JSON object: its tokens, its
windows, and the shares of it that stand in the preset's training and evaluation
texts, too. It refuses a text that is shorter than a window, or of which more than
a tenth is in one of them: it would check nothing.`,
		Args: program.NoArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			checked, err := checkText(preset, data, file)
			if err != nil {
				return err
			}
			return printJSON(command.OutOrStdout(), checked)
		},
	}
	flags := command.Flags()
	flags.StringVar(&file, "text", "", "`file` of UTF-8 text")
	flags.StringVar(&preset, "preset", prepare.Nano, "model and texts: "+prepare.Names(nil))
	flags.StringVar(&data, "data", prepare.DataFolder(), subject.DataHelp)
	return command
}

func printJSON(stdout io.Writer, value any) error {
	if err := json.NewEncoder(stdout).Encode(value); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

func checkText(name, data, file string) (checkedText, error) {
	preset, err := prepare.OpenIn(name, data)
	if err != nil {
		return checkedText{}, program.Misuse(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return checkedText{}, fmt.Errorf("read the text: %w", err)
	}
	if !utf8.Valid(content) {
		return checkedText{}, fmt.Errorf("%s is no UTF-8 text", file)
	}
	tokens, err := preset.WithEvalText(file).EvalTokens()
	if err != nil {
		return checkedText{}, err
	}
	checked := checkedText{Tokens: len(tokens.IDs), Windows: len(tokens.IDs) / preset.Context, Context: preset.Context}
	if checked.Windows == 0 {
		return checked, fmt.Errorf("%s has %d tokens, and a window of preset %s takes %d; name a longer text", file, checked.Tokens, name, preset.Context)
	}
	return checked, checked.compare(preset, file, tokens.IDs)
}

// compare measures what the text shares with the preset's own, and refuses one that
// shares too much.
func (c *checkedText) compare(preset prepare.Preset, file string, ids []int32) error {
	seen, err := preset.EvalTokens()
	if err != nil {
		return err
	}
	trained, err := preset.TrainTokens()
	if err != nil {
		return err
	}
	c.Seen, c.Trained = prepare.Shared(ids, prepare.IDs(seen.IDs)), prepare.Shared(ids, trained)
	switch {
	case c.Seen > mostShared:
		return fmt.Errorf("%.0f %% of %s stands in the evaluation text, which experiments are measured on; name another text", 100*c.Seen, file)
	case c.Trained > mostShared:
		return fmt.Errorf("%.0f %% of %s stands in the training text; name another text", 100*c.Trained, file)
	}
	return nil
}
