package main

import (
	"os"

	"github.com/ternlab/ternlab/trainer/command/evaluator"
)

func main() { os.Exit(evaluator.Run()) }
