// Evaluator measures eval_ppl of an exported model. The agent builds it once
// from the commit a run starts at, so that no candidate can touch it; for people
// the same command is "trainer evaluate".
package main

import (
	"os"

	"github.com/ternlab/ternlab/trainer/command"
)

func main() { os.Exit(command.Evaluator()) }
