package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// trial is a recipe to be trained.
type trial struct {
	recipe map[string]string // its knobs that do something
	seed   uint64
	steps  int // most that it may take
	tokens int // most that it may take; 0: no limit
}

// figure is what came of a trial.
type figure struct {
	EvalPPL float64 `json:"eval_ppl"` // 0 where it failed
	Failure string  `json:"failure,omitempty"`
	Tokens  int     `json:"tokens"`
}

func (f figure) failed() bool { return f.EvalPPL <= 0 }

// objective measures trials.
type objective interface {
	measure(ctx context.Context, t trial, processor int) (figure, error)
}

// lab measures trials on its processors, each once.
type lab struct {
	objective  objective
	log        *log
	processors chan int
	ends       time.Time // zero: never
}

// errTime says that the time is up.
var errTime = errors.New("the time is up")

func newLab(o options, measured objective, log *log, _ string) *lab {
	l := &lab{objective: measured, log: log, processors: make(chan int, o.jobs)}
	for i := range o.jobs {
		l.processors <- i
	}
	if o.limit > 0 {
		l.ends = time.Now().Add(o.limit)
	}
	return l
}

func (l *lab) measure(ctx context.Context, t trial) (figure, error) {
	if found, ok := l.log.find(t.key()); ok {
		return found, nil
	}
	select {
	case <-ctx.Done():
		return figure{}, ctx.Err()
	case processor := <-l.processors:
		defer func() { l.processors <- processor }()
		if !l.ends.IsZero() && time.Now().After(l.ends) {
			return figure{}, errTime
		}
		measured, err := l.objective.measure(ctx, t, processor)
		if err != nil {
			return figure{}, err
		}
		return measured, l.log.add(t.key(), measured)
	}
}

func (l *lab) trained() int {
	l.log.mu.Lock()
	defer l.log.mu.Unlock()
	return len(l.log.figures)
}

// settings are the recipe's as --set takes them, in order.
func (t trial) settings() []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(t.recipe)) {
		all = append(all, name+"="+t.recipe[name])
	}
	return all
}

func (t trial) key() string {
	return fmt.Sprintf("%s seed=%d steps=%d tokens=%d", strings.Join(t.settings(), " "), t.seed, t.steps, t.tokens)
}

// batch is the tokens of one step.
func (t trial) batch() int {
	tokens := 1
	for _, name := range []string{"BatchSize", "SequenceLength", "AccumulationSteps"} {
		if n, err := strconv.Atoi(t.recipe[name]); err == nil {
			tokens *= n
		}
	}
	return tokens
}

// taken are the tokens that a training takes.
func (t trial) taken() int {
	steps := t.steps
	if t.tokens > 0 {
		steps = t.tokens / t.batch()
	}
	return steps * t.batch()
}

// log is the trials that were measured, in a file and by key.
type log struct {
	mu      sync.Mutex
	file    *os.File
	figures map[string]figure
}

// entry is a line of the log.
type entry struct {
	Key string `json:"key"`
	figure
}

func openLog(path string) (*log, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	l := &log{file: file, figures: map[string]figure{}}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e entry
		if json.Unmarshal(lines.Bytes(), &e) == nil { // a line that was cut off is trained again
			l.figures[e.Key] = e.figure
		}
	}
	return l, lines.Err()
}

func (l *log) find(key string) (figure, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	found, ok := l.figures[key]
	return found, ok
}

func (l *log) add(key string, measured figure) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.figures[key] = measured
	line, err := json.Marshal(entry{key, measured})
	if err == nil {
		_, err = l.file.Write(append([]byte("\n"), line...)) // before it, for a line that was cut off
	}
	if err != nil {
		return fmt.Errorf("log a training: %w", err)
	}
	return nil
}

func (l *log) close() error { return l.file.Close() }
