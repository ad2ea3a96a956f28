package main

import (
	"os"

	"github.com/ternlab/ternlab/agent/cli"
)

func main() { os.Exit(cli.Main()) }
