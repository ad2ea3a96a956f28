package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/ternlab/ternlab/agent/lab"
	"github.com/ternlab/ternlab/agent/lab/local"
	"github.com/ternlab/ternlab/agent/line"
	"github.com/ternlab/ternlab/agent/observe"
	"github.com/ternlab/ternlab/agent/record"
	"github.com/ternlab/ternlab/agent/runs"
	"github.com/ternlab/ternlab/agent/texts"
	"github.com/ternlab/ternlab/results/journal"
	"github.com/ternlab/ternlab/trainer/contract"
	"github.com/ternlab/ternlab/trainer/version"
	"github.com/ternlab/ternlab/workspace/repo"
)

// Bench is one run that this process writes, with all that its experiments and checks
// are made with.
type Bench struct {
	Settings   Settings
	Repository *repo.Repository
	Observer   observe.Observer
	Folder     runs.Folder
	Record     *record.Record
	Lab        *lab.Lab
	Texts      *texts.Texts

	runner   lab.Runner
	prepared bool // the lab is
	work     work
}

// Open takes the run of that tag for this process: it goes on with the run that
// is there or starts one from the repository's HEAD. The run's tables and the observers
// are told what happens. Close gives it back.
func Open(repository *repo.Repository, settings Settings, observers ...observe.Observer) (*Bench, error) {
	if settings.UnseenText != "" {
		if err := texts.Check(settings.UnseenText); err != nil {
			return nil, err
		}
	}
	folder := runs.NewFolder(repository.Root(), settings.Tag)
	all := append(observe.All{record.Tables{Folder: folder}}, observers...)
	b := &Bench{Settings: settings, Repository: repository, Observer: all, Folder: folder}
	var err error
	if b.Record, err = record.Open(folder, all); err != nil {
		return nil, err
	}
	b.runner = local.New(folder, settings.Sandbox, repository.Root(), lab.DataFolder(repository.Root()))
	if err := b.reap(); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	if err := b.openJournal(); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	b.Lab = lab.New(folder, repository, b.runner, all, b.protocol())
	b.Texts = texts.New(folder, b.Record, b.Lab, all, settings.UnseenText, b.Prepare)
	return b, nil
}

// reap ends what an agent that was killed has left running. This process holds the
// run's lock, so none of it is anybody else's.
func (b *Bench) reap() error {
	killed, err := b.runner.Reap()
	if killed > 0 {
		b.Observer.Say(fmt.Sprintf("ended %d processes that an earlier agent had left running", killed))
	}
	return err
}

// protocol is what all trials of the run have in common.
func (b *Bench) protocol() lab.Protocol {
	run := b.Record.Run()
	return lab.Protocol{
		Contract: run.Contract, Preset: run.Preset, Backend: run.Backend, Steps: run.Steps, EvalEvery: run.EvalEvery, EvalTokens: run.EvalTokens,
		GroupFallback: run.GroupFallback, TellsExports: run.BetterThanFull != "",
	}
}

// Close ends this process's hold on the run.
func (b *Bench) Close() error { return b.Record.Close() }

// openJournal reads what is known of the run. One whose baseline was never
// measured has nothing to go on with: it starts over, from what is HEAD now.
func (b *Bench) openJournal() error {
	if err := b.readJournal(); err != nil {
		return err
	}
	if journal.HasBaseline(b.Record.Experiments()) {
		return b.Settings.conflict(b.Record.Run())
	}
	if err := b.Record.StartOver(); err != nil {
		return err
	}
	return b.start()
}

func (b *Bench) readJournal() error {
	repaired, err := b.Record.Read()
	if repaired != "" {
		b.Observer.Say(repaired)
	}
	return err
}

// start writes the new run's first record.
func (b *Bench) start() error {
	_, err := b.Repository.Ref(repo.BranchRef(b.Settings.Tag))
	if err == nil {
		return fmt.Errorf("branch autoresearch/%s is there but its journal %s is not; choose another --tag",
			b.Settings.Tag, b.Folder.Journal())
	}
	if !errors.Is(err, repo.ErrNoRef) {
		return err
	}
	head, _, err := b.Repository.Head()
	if err != nil {
		return err
	}
	s := b.Settings
	err = b.Record.Append(0, journal.Run{
		Tag: s.Tag, BaseCommit: head, Protocol: s.plannedProtocol(), Proposer: line.Cut(line.Clean(s.Proposer), LongestName), AA: s.AA,
		BetterThanFull: s.betterThanFull(), Contract: contract.Version,
		Versions: map[string]string{"agent": version.Version(), "agent_go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH},
	})
	return err
}

// Prepare does what is needed before the first training.
func (b *Bench) Prepare(ctx context.Context) error {
	if b.prepared {
		return nil
	}
	err := b.prepare(ctx)
	b.prepared = err == nil
	return err
}

// prepare makes the lab ready.
func (b *Bench) prepare(ctx context.Context) error {
	defer b.Working("building evaluator and trainer")()
	return b.Lab.Prepare(ctx, b.Record.Run().BaseCommit, b.Texts.FromBase())
}

// Slots is how many trials may run at the same time.
func (b *Bench) Slots() int {
	most := max(1, b.Settings.Parallel)
	if slots := b.runner.Slots(b.Record.Run().Backend); slots > 0 {
		most = min(most, slots)
	}
	return most
}

// LongestName is where the name of a proposer, which has a model's in it, is cut, in
// runes.
const LongestName = 120

// Next is the number of the first experiment without a verdict, the one that
// a run goes on with.
func (b *Bench) Next() int {
	known := b.Record.Experiments()
	for i, e := range known {
		if e.Status == journal.StatusRunning {
			return i
		}
	}
	return len(known)
}

// LongestProblem is where the words of a program that failed are cut in the journal, in
// runes.
const LongestProblem = 8000

// NameOf is a kept experiment as people speak of it.
func NameOf(number int) string {
	if number == 0 {
		return "the baseline"
	}
	return fmt.Sprintf("experiment %d", number)
}
