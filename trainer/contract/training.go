package contract

// Training is the job of a trainer: what it trains on, for how long, and where it leaves
// what it made. Its fields are flags (package settings).
type Training struct {
	Preset        string   `flag:"preset" help:"model, tokenizer and texts"`
	Steps         int      `flag:"steps" help:"training steps; 0 only rounds the pretrained model to ternary weights"`
	Tokens        int      `flag:"tokens,omitempty" help:"train on no more than so many tokens in all: the number of steps follows from the recipe's batches, and --steps and --eval-every only say after which shares of them to evaluate; 0 is --steps steps"`
	EvalEvery     int      `flag:"eval-every" help:"steps between evaluations; the last step is always evaluated"`
	Set           []string `flag:"set,omitempty" help:"try a knob without editing recipe.go, which has names and allowed values: Knob=value; may be repeated"`
	GroupFallback bool     `flag:"group-fallback,omitempty" help:"let layers whose rows the group size doesn't divide take the next smaller size"`
	Seed          uint64   `flag:"seed" help:"seed of the order of the training data"`
	Out           string   `flag:"out" help:"folder for results.tsv, layers.tsv and the ternary model (export/)"`
	Snapshots     bool     `flag:"snapshots,omitempty" help:"write the model to OUT/snapshots/STEP wherever it would be evaluated, for another program to evaluate; no evaluation text is read"`
	Backend       string   `flag:"backend" help:"what computes"`
	Progress      string   `flag:"progress" help:"progress as bar, plain (a line per evaluation) or json (a line per event); auto is bar on a terminal"`
}

// ProgressJSON is the Progress that package progress reads.
const ProgressJSON = "json"
