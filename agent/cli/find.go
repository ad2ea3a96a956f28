package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ternlab/ternlab/agent/record"
	"github.com/ternlab/ternlab/agent/runs"
	"github.com/ternlab/ternlab/results/journal"
)

// module is the module whose root the agent works in.
const module = "github.com/ternlab/ternlab"

// findRoot looks for the module's root in the working folder and above it.
func findRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the project: %w", err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("find the project: %w", err)
		}
		if isModule(string(text)) {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s is not inside module %s; change into its folder first", start, module)
		}
	}
}

func isModule(goMod string) bool {
	for line := range strings.Lines(goMod) {
		if slices.Equal(strings.Fields(line), []string{"module", module}) {
			return true
		}
	}
	return false
}

// readOptions are the flags of the commands that read a run.
type readOptions struct {
	tag  string
	json bool
}

func (o *readOptions) addTag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.tag, "tag", "", "the run's `name` (default: the run that was written last)")
}

// addFlags adds --tag, and --json, which prints what.
func (o *readOptions) addFlags(cmd *cobra.Command, what string) {
	o.addTag(cmd)
	cmd.Flags().BoolVar(&o.json, "json", false, "print "+what)
}

// view is a run as its journal has it.
type view struct {
	root        string
	folder      runs.Folder
	run         journal.Run
	experiments []journal.Experiment
}

// open reads the run that the flag names, or the one that was written last.
func (o *readOptions) open(a *app) (*view, error) {
	root, err := findRoot()
	if err != nil {
		return nil, err
	}
	tags, err := runs.Tags(root)
	if err != nil {
		return nil, err
	}
	switch {
	case len(tags) == 0:
		return nil, usagef("there is no run yet; start one with `%s run --budget 5`", a.name)
	case o.tag == "":
		o.tag = tags[0]
	case !slices.Contains(tags, o.tag):
		return nil, usagef("there is no run %q; there are: %s", o.tag, strings.Join(tags, ", "))
	}
	v := &view{root: root, folder: runs.NewFolder(root, o.tag)}
	v.run, v.experiments, err = v.folder.Load()
	if err == nil && slices.ContainsFunc(v.experiments, isRunning) && !record.IsHeld(v.folder) {
		v.markInterrupted()
	}
	return v, err
}

// markInterrupted says of what has no verdict that nobody works on it.
func (v *view) markInterrupted() {
	for i := range v.experiments {
		if isRunning(v.experiments[i]) {
			v.experiments[i].Status = journal.StatusInterrupted
		}
	}
}

// openExperiment reads the run and finds the experiment that an argument names.
func (o *readOptions) openExperiment(a *app, argument string) (*view, journal.Experiment, error) {
	v, err := o.open(a)
	if err != nil {
		return nil, journal.Experiment{}, err
	}
	e, err := v.experiment(argument)
	return v, e, err
}

// experiment finds the experiment that an argument names: its number, or
// "best".
func (v *view) experiment(argument string) (journal.Experiment, error) {
	if argument == "best" {
		best, ok := journal.Best(v.experiments)
		if !ok {
			return best, fmt.Errorf("run %s has no baseline yet", v.run.Tag)
		}
		return best, nil
	}
	number, err := strconv.Atoi(strings.TrimPrefix(argument, "#"))
	if err != nil {
		return journal.Experiment{}, usagef("%q is not the number of an experiment", argument)
	}
	if number < 0 || number >= len(v.experiments) {
		return journal.Experiment{}, usagef("run %s has no experiment %d; it has 0 to %d", v.run.Tag, number, len(v.experiments)-1)
	}
	return v.experiments[number], nil
}

// championOf is the experiment that another one was compared with.
func (v *view) championOf(e journal.Experiment) journal.Experiment {
	if e.Number > 0 && e.Number < len(v.experiments) {
		return v.experiments[journal.ChampionAt(v.experiments, e.ParentCommit)]
	}
	return journal.Experiment{}
}
