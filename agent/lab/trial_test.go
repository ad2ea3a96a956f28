package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/agent/runs"
	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/workspace/proc"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

// fakeRunner runs no program: it plays a trainer of eight steps, evaluated every two,
// and an evaluator.
type fakeRunner struct {
	trainer   proc.Exit
	evaluator proc.Exit
	ppl       float64
	ran       []Role
}

func (r *fakeRunner) Slots(string) int { return 0 }

func (r *fakeRunner) Enclose(context.Context) (sandbox.Sandbox, error) { return sandbox.Sandbox{}, nil }

func (r *fakeRunner) Reap() (int, error) { return 0, nil }

func (r *fakeRunner) Run(ctx context.Context, job Job) (proc.Exit, error) {
	r.ran = append(r.ran, job.Role)
	if job.Role == EvaluatingRole {
		job.OnLine(fmt.Appendf(nil, `{"eval_ppl":%g,"eval_bpb":1,"ternary":true}`, r.ppl))
		return r.evaluator, nil
	}
	for step := 1; step <= 8; step++ {
		job.OnLine(fmt.Appendf(nil, `{"kind":"step","step":%d,"steps":8,"tokens":%d}`, step, 100*step))
	}
	if r.trainer.Code == 0 {
		export := filepath.Join(job.Write, "export")
		if err := os.MkdirAll(export, 0o755); err != nil {
			return proc.Exit{}, err
		}
	}
	return r.trainer, ctx.Err()
}

type quiet struct{}

func (quiet) Say(string) {}

func (quiet) Doing(string) {}

func fakeLab(t *testing.T, runner Runner) *Lab {
	t.Helper()
	folder := runs.Folder(t.TempDir())
	return &Lab{protocol: Protocol{Steps: 8, EvalEvery: 2}, folder: folder, runner: runner, screen: quiet{}, disk: Disk{string(folder)}}
}

func TestTrial(t *testing.T) {
	failed := proc.Exit{Code: 1, Tail: "trainer: no luck"}
	full := errors.New("no space for the record")
	for name, test := range map[string]struct {
		runner fakeRunner
		spec   Spec
		told   error // that OnTrained returns
		class  Class // of the fault
		want   error
		ran    []Role
		ppls   []table.Measure
	}{
		"trained and measured": {
			runner: fakeRunner{ppl: 130}, spec: Spec{Texts: []Text{{}}},
			ran: []Role{TrainingRole, EvaluatingRole}, ppls: []table.Measure{130},
		},
		"on two texts": {
			runner: fakeRunner{ppl: 130}, spec: Spec{Texts: []Text{{Name: "secret-1", File: "/secret"}, {}}},
			ran: []Role{TrainingRole, EvaluatingRole, EvaluatingRole}, ppls: []table.Measure{130, 130},
		},
		"the training fails": {
			runner: fakeRunner{trainer: failed}, spec: Spec{Texts: []Text{{}}},
			class: TrainFailed, ran: []Role{TrainingRole},
		},
		"more tokens than its share": {
			runner: fakeRunner{ppl: 130}, spec: Spec{Texts: []Text{{}}, Tokens: 700, MustCount: true},
			class: OverLimit, ran: []Role{TrainingRole},
		},
		"the evaluator refuses": {
			runner: fakeRunner{ppl: 130, evaluator: failed}, spec: Spec{Texts: []Text{{}}},
			class: EvaluateRefused, ran: []Role{TrainingRole, EvaluatingRole},
		},
		"the record can't be written": {
			runner: fakeRunner{ppl: 130}, spec: Spec{Texts: []Text{{}}},
			told: full, want: full, ran: []Role{TrainingRole},
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := fakeLab(t, &test.runner)
			test.spec.Folder = filepath.Join(string(l.folder), "experiments", "1")
			tokens := 0
			test.spec.OnTrained = func(trained Training, fault *FaultError) error {
				tokens = trained.Tokens
				if failed := test.class == TrainFailed || test.class == OverLimit; failed != (fault != nil) {
					t.Errorf("told of the fault %v before anything was measured", fault)
				}
				return test.told
			}
			var ppls []table.Measure
			test.spec.OnEvaluated = func(evaluated Evaluation) error {
				ppls = append(ppls, table.Measure(evaluated.EvalPPL))
				return nil
			}
			trial, err := l.Trial(t.Context(), Program{"trainer"}, test.spec)
			if fault := AsFault(err); (fault != nil) != (test.class != "") || (fault != nil && fault.Class != test.class) || (fault == nil && !errors.Is(err, test.want)) {
				t.Errorf("error %v, want class %q or %v", err, test.class, test.want)
			}
			if tokens != 800 {
				t.Errorf("told of %d tokens, want 800", tokens)
			}
			if diff := cmp.Diff(test.ran, test.runner.ran); diff != "" {
				t.Errorf("programs that ran (-want +got):\n%s", diff)
			}
			if !slices.Equal(ppls, test.ppls) || (err == nil && len(trial.Evaluations) != len(test.ppls)) {
				t.Errorf("measured %v, want %v", ppls, test.ppls)
			}
		})
	}
}

// An export that suffered since it was trained is a fault, and no training follows.
func TestMeasureWithoutAnExport(t *testing.T) {
	runner := &fakeRunner{ppl: 130}
	l := fakeLab(t, runner)
	_, err := l.Measure(t.Context(), Spec{Folder: t.TempDir(), Texts: []Text{{}}})
	if fault := AsFault(err); fault == nil || fault.Class != EvaluateRefused || len(runner.ran) > 0 {
		t.Errorf("error %v after %v", err, runner.ran)
	}
}

// hopelessRunner plays a trainer that would go on after its first snapshot.
type hopelessRunner struct{ fakeRunner }

func (r *hopelessRunner) Run(ctx context.Context, job Job) (proc.Exit, error) {
	if job.Role != TrainingRole {
		return r.fakeRunner.Run(ctx, job)
	}
	if err := os.MkdirAll(filepath.Join(job.Write, "snapshots", "2"), 0o755); err != nil {
		return proc.Exit{}, err
	}
	job.OnLine([]byte(`{"kind":"snapshot","step":2,"steps":8}`))
	<-ctx.Done()
	return proc.Exit{Code: 137}, proc.ErrInterrupted
}

func TestTrialWithoutHopeIsStopped(t *testing.T) {
	l := fakeLab(t, &hopelessRunner{fakeRunner{ppl: 900}})
	var seen []table.Measure
	trial, err := l.Trial(t.Context(), Program{"trainer"}, Spec{
		Folder: filepath.Join(string(l.folder), "experiments", "1"), Texts: []Text{{}},
		Hopeless: func(curve []table.Point, steps int) bool {
			seen = append(seen, curve[len(curve)-1].EvalPPL)
			return steps == 8
		},
	})
	if err != nil || trial.StoppedAt != 2 || len(trial.Evaluations) > 0 {
		t.Errorf("stopped at step %d with %d evaluations: %v; want step 2 and none", trial.StoppedAt, len(trial.Evaluations), err)
	}
	if len(trial.Points) != 1 || trial.Points[0].EvalPPL != 900 || !slices.Equal(seen, []table.Measure{900}) {
		t.Errorf("points %v, curve %v; want the one snapshot's", trial.Points, seen)
	}
}
