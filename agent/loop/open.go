package loop

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/ternlab/ternlab/agent/record"

	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/agent/lab/local"
	"github.com/ternlab/ternlab/agent/runs"

	"github.com/ternlab/ternlab/agent/proposer"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/trainer/version"
	"github.com/ternlab/ternlab/workspace"
)

// nanoPreset is the preset with texts and their generator in the repository.
const nanoPreset = "nano"

// Open takes the run of that tag for this process: it goes on with the run that
// is there or starts one from the repository's HEAD. Close gives it back.
func Open(repository *workspace.Repository, p proposer.Proposer, screen Screen, settings Settings) (*Loop, error) {
	if settings.UnseenText != "" {
		if _, err := readText(settings.UnseenText); err != nil {
			return nil, err
		}
	}
	l := &Loop{
		settings: settings, repository: repository, proposer: p, screen: screen,
		folder: runs.NewFolder(repository.Root(), settings.Tag), refusals: map[int][]string{}, unraced: map[int]bool{},
	}
	var err error
	if l.record, err = record.Open(l.folder, record.Tables{Folder: l.folder}); err != nil {
		return nil, err
	}
	runner := local.New(l.folder, settings.Sandbox, repository.Root(), lab.DataFolder(repository.Root()))
	if err := l.reap(runner); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	if err := l.openJournal(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	l.runner, l.lab = runner, lab.New(l.folder, repository, runner, screen, l.protocol())
	return l, nil
}

// reap ends what an agent that was killed has left running. This process holds the
// run's lock, so none of it is anybody else's.
func (l *Loop) reap(runner lab.Runner) error {
	killed, err := runner.Reap()
	if killed > 0 {
		l.screen.Say(fmt.Sprintf("ended %d processes that an earlier agent had left running", killed))
	}
	return err
}

// protocol is what all trials of the run have in common.
func (l *Loop) protocol() lab.Protocol {
	return lab.Protocol{
		Preset: l.record.Run().Preset, Backend: l.record.Run().Backend, Steps: l.record.Run().Steps, EvalEvery: l.record.Run().EvalEvery, EvalTokens: l.record.Run().EvalTokens,
		GroupFallback: l.record.Run().GroupFallback, TellsExports: l.record.Run().BetterThanFull != "",
	}
}

// Close ends this process's hold on the run.
func (l *Loop) Close() error { return l.record.Close() }

// openJournal reads what is known of the run. One whose baseline was never
// measured has nothing to go on with: it starts over, from what is HEAD now.
func (l *Loop) openJournal() error {
	if err := l.readJournal(); err != nil {
		return err
	}
	if HasBaseline(l.record.Experiments()) {
		return l.settings.conflict(l.record.Run())
	}
	if err := l.record.StartOver(); err != nil {
		return err
	}
	return l.start()
}

func (l *Loop) readJournal() error {
	repaired, err := l.record.Read()
	if repaired != "" {
		l.screen.Say(repaired)
	}
	return err
}

// HasBaseline tells whether a run's baseline was measured.
func HasBaseline(experiments []journal.Experiment) bool {
	return len(experiments) > 0 && experiments[0].Status == journal.StatusKeep
}

// start writes the new run's first record.
func (l *Loop) start() error {
	_, err := l.repository.Ref(workspace.BranchRef(l.settings.Tag))
	if err == nil {
		return fmt.Errorf("branch autoresearch/%s is there but its journal %s is not; choose another --tag",
			l.settings.Tag, l.folder.Journal())
	}
	if !errors.Is(err, workspace.ErrNoRef) {
		return err
	}
	head, _, err := l.repository.Head()
	if err != nil {
		return err
	}
	s := l.settings
	err = l.record.Append(0, journal.Run{
		Tag: s.Tag, BaseCommit: head, Preset: s.Preset, Steps: s.Steps, EvalEvery: s.EvalEvery, EvalTokens: s.EvalTokens,
		Equal: s.Equal, Seed: s.Seed, GroupFallback: s.GroupFallback, Rule: s.Rule, Proposer: nameIn(l.proposer.Name()), AA: s.AA, Backend: s.Backend,
		BetterThanFull: s.betterThanFull(),
		Versions:       map[string]string{"agent": version.Version(), "agent_go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH},
	})
	return err
}

// prepareOnce does what is needed before the first training.
func (l *Loop) prepareOnce(ctx context.Context) error {
	if l.prepared {
		return nil
	}
	err := l.prepare(ctx)
	l.prepared = err == nil
	return err
}

// prepare makes the lab ready.
func (l *Loop) prepare(ctx context.Context) error {
	defer l.hold("building evaluator and trainer")()
	return l.lab.Prepare(ctx, l.record.Run().BaseCommit, l.hasHoldout())
}

// program is the human's brief as it stands in the user's checkout now, so that
// it can be edited while a run goes on.
func (l *Loop) program() (string, error) {
	text, err := os.ReadFile(filepath.Join(l.repository.Root(), "program.md"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the brief: %w", err)
	}
	return string(text), nil
}
