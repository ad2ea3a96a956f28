package contract

// Version is that of the contract which this source tree speaks. Version 0 had no
// [Preset] and no exit code for a training that diverged.
const Version = 1

// DefaultPreset is the preset when none is named.
const DefaultPreset = "nano"

// DescribeCommand is the command of the evaluator that prints a [Preset] as JSON.
const DescribeCommand = "describe"

// Preset is what the agent knows of a preset. Paths are as the evaluator, with its
// working folder and data folder, would open them.
type Preset struct {
	Name       string   `json:"name"`
	Context    int      `json:"context"`               // Tokens of a window that eval_ppl is measured over.
	TrainFiles []string `json:"train_files,omitempty"` // Files and folders that a training reads; none if it is embedded.
	EvalFiles  []string `json:"eval_files,omitempty"`  // Those that an evaluation reads besides.
	MakesTexts bool     `json:"makes_texts"`           // The evaluator generates further texts in the manner of its own.
}
