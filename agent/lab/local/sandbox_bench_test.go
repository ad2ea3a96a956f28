package local

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ternlab/ternlab/trainer/backend/places"
	"github.com/ternlab/ternlab/trainer/progress"
	"github.com/ternlab/ternlab/workspace/proc"
	"github.com/ternlab/ternlab/workspace/sandbox"
)

func TestMain(m *testing.M) {
	if os.Args[0] == sandbox.InitName {
		sandbox.Init()
	}
	os.Exit(m.Run())
}

// BenchmarkSandbox times trainings with and without a sandbox, by turns: seconds of
// a whole training, and of a step without the first. It needs a trainer:
//
//	GOEXPERIMENT=simd go build -tags candidate -o /tmp/trainer ./trainer
//	TERNLAB_TRAINER=/tmp/trainer TERNLAB_TRAINER_ARGS='--steps 100' go test -run '^$' -bench Sandbox ./agent/lab/local
func BenchmarkSandbox(b *testing.B) {
	trainer := os.Getenv("TERNLAB_TRAINER")
	if trainer == "" {
		b.Skip("TERNLAB_TRAINER names no trainer")
	}
	args := append(strings.Fields(os.Getenv("TERNLAB_TRAINER_ARGS")), "--snapshots", "--progress", "json")
	modes := []string{string(sandbox.Off), string(sandbox.Namespaces), string(sandbox.Landlock)}
	wholes, steps := map[string][]float64{}, map[string][]float64{}
	for b.Loop() {
		for _, mode := range modes {
			whole, step := timeTraining(b, mode, trainer, args)
			wholes[mode] = append(wholes[mode], whole)
			steps[mode] = append(steps[mode], step)
			b.Logf("%-10s  %.2f s in all, %.4f s a step", mode, whole, step)
		}
	}
	for _, mode := range modes {
		b.ReportMetric(least(wholes[mode]), mode+"-s")
		b.ReportMetric(least(steps[mode]), mode+"-s/step")
	}
}

// least is the time that the least else got in the way of.
func least(times []float64) float64 {
	best := times[0]
	for _, t := range times {
		best = min(best, t)
	}
	return best
}

func timeTraining(b *testing.B, mode, trainer string, args []string) (whole, step float64) {
	b.Helper()
	kept, err := sandbox.Detect(context.Background(), mode)
	if err != nil {
		b.Fatal(err)
	}
	out := b.TempDir()
	grant := TrainerGrant(trainer, places.This().Files("xla"), filepath.Join(out, "preset"))
	grant.Read = append(grant.Read, filepath.SplitList(os.Getenv("TERNLAB_TRAINER_FILES"))...)
	grant.Write = []string{out}
	var first, last time.Time
	count := 0
	exit, err := proc.Run(context.Background(), proc.Process{
		Path: trainer, Args: append(args, "--out", out), Dir: out, Sandbox: kept, Grant: grant, DiskBytes: 20 << 30,
		Env: []string{sandbox.Settled},
		OnLine: func(line []byte) {
			if event, err := progress.ParseEvent(line); err == nil && event.Kind == progress.Step {
				last = time.Now()
				if count++; count == 1 {
					first = last
				}
			}
		},
	})
	if err != nil || exit.Code != 0 || count < 2 {
		b.Fatalf("%s: %d steps, exit status %s: %v: %s", mode, count, strconv.Itoa(exit.Code), err, exit.Tail)
	}
	return exit.Elapsed.Seconds(), last.Sub(first).Seconds() / float64(count-1)
}
