package main

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// figure is what came of one training.
type figure struct {
	evalPPL float64 // NaN where it failed, 0 where it wasn't run
	failure string  // why it failed
}

// log holds the figures of the trainings that have ended: a head that says of
// what, then a line for each: recipe, seed, eval_ppl, and why it failed.
type log struct {
	file    *os.File
	lock    sync.Mutex
	figures map[string]figure // by recipe and seed
}

// openLog reads the log of the same ablation, or begins one. Figures of another
// trainer or another number of steps don't compare, so their log is refused.
func openLog(o options) (*log, error) {
	head, err := logHead(o)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(o.log)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	l := &log{figures: map[string]figure{}}
	if len(data) > 0 && !strings.HasPrefix(string(data), head) {
		return nil, fmt.Errorf("%s is the log of another ablation (trainer, preset, backend or steps differ); remove it, or name another file with --log", o.log)
	}
	if err := l.read(strings.TrimPrefix(string(data), head)); err != nil {
		return nil, fmt.Errorf("read %s: %w", o.log, err)
	}
	if err := os.MkdirAll(filepath.Dir(o.log), 0o755); err != nil {
		return nil, fmt.Errorf("make a folder for the log: %w", err)
	}
	if l.file, err = os.OpenFile(o.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	switch {
	case len(data) == 0:
		_, err = l.file.WriteString(head)
	case data[len(data)-1] != '\n': // a line that was cut off
		_, err = l.file.WriteString("\n")
	}
	return l, err
}

// logHead is a log's first line.
func logHead(o options) (string, error) {
	trainer, err := os.ReadFile(o.trainer)
	if err != nil {
		return "", fmt.Errorf("read the trainer: %w", err)
	}
	return fmt.Sprintf("# trainer %.6x, preset %s, backend %s, %d steps: recipe, seed, eval_ppl\n", sha256.Sum256(trainer), o.preset, o.backend, o.steps), nil
}

// read takes the figures of a log without its head. A line that was cut off is
// left out, so that its training runs again.
func (l *log) read(lines string) error {
	scanner := bufio.NewScanner(strings.NewReader(lines))
	for scanner.Scan() {
		fields := strings.Split(scanner.Text(), "\t")
		if len(fields) != 4 {
			continue
		}
		evalPPL, err := strconv.ParseFloat(fields[2], 64)
		if err != nil {
			return fmt.Errorf("eval_ppl is %q, want a number or NaN; remove the line", fields[2])
		}
		l.figures[fields[0]+"\t"+fields[1]] = figure{evalPPL, fields[3]}
	}
	return scanner.Err()
}

// find is the figure of a training that has ended.
func (l *log) find(v variant, seed int) (figure, bool) {
	l.lock.Lock()
	defer l.lock.Unlock()
	found, ok := l.figures[key(v, seed)]
	return found, ok
}

// add writes a figure down.
func (l *log) add(v variant, seed int, f figure) error {
	l.lock.Lock()
	defer l.lock.Unlock()
	if !math.IsNaN(f.evalPPL) {
		f.failure = ""
	}
	l.figures[key(v, seed)] = f
	if _, err := fmt.Fprintf(l.file, "%s\t%.4f\t%s\n", key(v, seed), f.evalPPL, f.failure); err != nil {
		return fmt.Errorf("write the log: %w", err)
	}
	return nil
}

func (l *log) close() error { return l.file.Close() }

// key names a training: its recipe and its seed.
func key(v variant, seed int) string {
	return fmt.Sprintf("%s\t%d", strings.Join(v.set, " "), seed)
}
