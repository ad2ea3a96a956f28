package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

//go:embed peer.py
var peerProgram string

// peer is a sampler that runs as a program of its own.
type peer struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
	said    *strings.Builder
}

// startPeer starts a sampler of Optuna's for the base's space.
func startPeer(ctx context.Context, o options, kind string, seed uint64, b base, folder string) (*peer, error) {
	space, err := json.Marshal(b.forPeers())
	if err != nil {
		return nil, err
	}
	file, program := filepath.Join(folder, "space.json"), filepath.Join(folder, "peer.py")
	if err := errors.Join(os.WriteFile(file, space, 0o600), os.WriteFile(program, []byte(peerProgram), 0o600)); err != nil {
		return nil, err
	}
	p := &peer{command: exec.CommandContext(ctx, o.python, program, file, kind, strconv.FormatUint(seed, 10)), said: &strings.Builder{}}
	p.command.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "PYTHONWARNINGS=ignore")
	p.command.Stderr = p.said
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.in, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("start Optuna: %w; --python names a Python that has it", err)
	}
	return p, nil
}

// ask returns the sampler's next recipe, of knobs that do something.
func (p *peer) ask() (map[string]string, error) {
	if !p.out.Scan() {
		_ = p.command.Wait() // what it said is the error
		return nil, fmt.Errorf("the sampler ended: %w: %s", io.ErrUnexpectedEOF, lastLine(p.said.String()))
	}
	var recipe map[string]string
	if err := json.Unmarshal(p.out.Bytes(), &recipe); err != nil {
		return nil, fmt.Errorf("read the sampler's recipe: %w", err)
	}
	return recipe, nil
}

// tell tells the loss of the last recipe; NaN is a failure.
func (p *peer) tell(loss float64) error {
	text := "null"
	if !math.IsNaN(loss) {
		text = strconv.FormatFloat(loss, 'g', -1, 64)
	}
	_, err := fmt.Fprintln(p.in, text)
	return err
}

// stop ends the sampler.
func (p *peer) stop() {
	_ = p.in.Close() // it ends by that
	_ = p.command.Wait()
}

// searchAsPeer does a search whose recipes a sampler chooses. Its champion is what
// measured lowest.
func (s *searching) searchAsPeer(ctx context.Context, o options, b base) error {
	folder, err := os.MkdirTemp("", "peer-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() // leftovers in the system's folder harm nobody
	p, err := startPeer(ctx, o, s.outcome.contestant.proposer, s.outcome.seed, b, folder)
	if err != nil {
		return err
	}
	defer p.stop()
	for {
		recipe, err := p.ask()
		if err != nil {
			return err
		}
		measured, err := s.train(ctx, recipe, s.outcome.seed)
		if err != nil {
			return err
		}
		loss := math.NaN()
		if !measured.failed() {
			loss = math.Log(measured.EvalPPL)
			if s.champion.champion == nil || measured.EvalPPL < s.champion.measured {
				s.crown(recipe, measured.EvalPPL)
			}
		}
		if err := p.tell(loss); err != nil {
			return err
		}
	}
}

// peerKnob is a knob as peers read it.
type peerKnob struct {
	Name    string     `json:"name"`
	Value   string     `json:"value"`
	Choices []string   `json:"choices"`
	Low     float64    `json:"low"`
	High    float64    `json:"high"`
	Log     bool       `json:"log"`
	When    *condition `json:"when"`
}

type condition struct {
	Knob   string   `json:"knob"`
	Not    bool     `json:"not"`
	Values []string `json:"values"`
}

func (b base) forPeers() []peerKnob {
	var all []peerKnob
	for _, knob := range b.knobs {
		k := peerKnob{Name: knob.Name, Value: knob.Value, Choices: knob.Domain.Choices, Low: knob.Domain.Low, High: knob.Domain.High, Log: knob.Domain.Log}
		if knob.When.Knob != "" {
			k.When = &condition{knob.When.Knob, knob.When.Not, knob.When.Values}
		}
		all = append(all, k)
	}
	return all
}
