package main

import (
	"os"

	"github.com/ternlab/ternlab/trainer/command"
)

func main() { os.Exit(command.Evaluator()) }
