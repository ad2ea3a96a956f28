package lab

import (
	"errors"
	"fmt"
	"testing"

	"github.com/ternlab/ternlab/trainer/contract"
	"github.com/ternlab/ternlab/workspace/proc"
)

func TestTrainFailure(t *testing.T) {
	tests := map[string]struct {
		exit  proc.Exit
		class Class
		want  string
		older bool // the trainer is of a time without an exit code for it
	}{
		"its own words": {
			proc.Exit{Code: 1, Tail: "loading\ntrainer: open data: no such file\n"},
			TrainFailed, "open data: no such file", false,
		},
		"divergence": {
			proc.Exit{Code: contract.ExitDiverged, Tail: "trainer: training step 12: loss is NaN\n"},
			Diverged, "training step 12: loss is NaN", false,
		},
		"the word alone": {
			proc.Exit{Code: 1, Tail: "trainer: step 12: loss is NaN: the training diverged\n"},
			TrainFailed, "step 12: loss is NaN: the training diverged", false,
		},
		"the word of an older trainer": {
			proc.Exit{Code: 1, Tail: "trainer: step 12: loss is NaN: the training diverged\n"},
			Diverged, "step 12: loss is NaN: the training diverged", true,
		},
		"words that others print": {
			proc.Exit{Code: 1, Tail: "NaN not finite\ntrainer: open NaN: no such file\n"},
			TrainFailed, "open NaN: no such file", false,
		},
		"a panic about divergence": {
			proc.Exit{Code: 2, Tail: "panic: NaN: it diverged\n"},
			TrainFailed, "panic: NaN: it diverged", true,
		},
		"panic": {
			proc.Exit{Code: 2, Tail: "panic: shapes (2, 3) and (4, 5)\n\ngoroutine 1 [running]:\nmain.main()\n"},
			TrainFailed, "panic: shapes (2, 3) and (4, 5)", true,
		},
		"runtime error": {
			proc.Exit{Code: 2, Tail: "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [select]:\n"},
			TrainFailed, "fatal error: all goroutines are asleep - deadlock!", false,
		},
		"silence":       {proc.Exit{Code: 4}, TrainFailed, "exit status 4 without a word", false},
		"out of memory": {proc.Exit{Code: 137, Tail: "step 3\n"}, TrainFailed, "killed, as the system does when memory runs out", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			made := Lab{protocol: Protocol{Contract: contract.Version}}
			if test.older {
				made.protocol.Contract = 0
			}
			got := AsFault(made.trainFailure(test.exit))
			if got == nil {
				t.Fatal("trainFailure is not a fault")
			}
			if got.Class != test.class || got.Error() != test.want {
				t.Errorf("got %s: %q, want %s: %q", got.Class, got, test.class, test.want)
			}
		})
	}
}

func TestEndedBlamesTheCandidateForTimeAlone(t *testing.T) {
	limits := Limits{Time: 90e9, Silence: 5e9}
	tests := map[string]struct {
		err   error
		class Class // empty: not the candidate's fault
	}{
		"timeout":     {fmt.Errorf("run: %w", proc.ErrTimeout), TimedOut},
		"stalled":     {fmt.Errorf("run: %w", proc.ErrStalled), Stalled},
		"interrupted": {fmt.Errorf("run: %w", proc.ErrInterrupted), ""},
		"full disk":   {errors.New("write log: no space left on device"), ""},
		"none":        {nil, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := ended(test.err, limits)
			var class Class
			if c := AsFault(err); c != nil {
				class = c.Class
			} else if !errors.Is(err, test.err) {
				t.Errorf("error became %v", err)
			}
			if class != test.class {
				t.Errorf("class %q, want %q", class, test.class)
			}
		})
	}
}

func TestFullPrecisionExportIsRefused(t *testing.T) {
	evaluated, err := readEvaluation([]byte(`{"eval_ppl":2.4,"eval_bpb":0.6,"ternary":false}`))
	if err != nil {
		t.Fatal(err)
	}
	if fault := AsFault(mustBeTernary(evaluated)); fault == nil || fault.Class != EvaluateRefused {
		t.Errorf("a full-precision export gives %v, want it refused", fault)
	}
	evaluated.Ternary = true
	if err := mustBeTernary(evaluated); err != nil {
		t.Errorf("a ternary export gives %v", err)
	}
}
