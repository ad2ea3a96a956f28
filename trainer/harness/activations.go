package harness

import "github.com/ternlab/ternlab/trainer/checkpoint"

// Activations is how linear layers round their inputs. Mutable code, which may not
// import package checkpoint, names it from here.
type Activations = checkpoint.Activations

// SmallestInput is the size of the largest input down to which scales are taken.
const SmallestInput = checkpoint.SmallestInput
