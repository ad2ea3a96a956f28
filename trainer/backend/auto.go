package backend

import (
	"errors"
	"fmt"
)

// smallModel is the number of parameters up to which auto takes go: loading a
// plugin and compiling cost seconds, which a short training of a small model
// doesn't win back.
const smallModel = 20_000_000

// order lists the engines that auto tries for a model of so many parameters,
// the fastest first. Metal is never among them: it is experimental.
func (m machine) order(parameters int) []string {
	switch {
	case parameters <= smallModel:
		return []string{Go}
	case m.OS == "linux" && m.nvidia:
		return []string{CUDA, XLA, Go}
	}
	return []string{XLA, Go}
}

// openAuto opens the first engine in order that can be opened. Why a faster one
// couldn't be, and what mends that, becomes the hint.
func (m machine) openAuto(parameters int) (Engine, error) {
	var failures []error
	for _, name := range m.order(parameters) {
		engine, err := m.open(name, parameters)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		engine.Reason = autoReason(engine, parameters)
		if len(failures) > 0 {
			engine.Hint = "it would be faster if this were mended: " + failures[0].Error()
		}
		return engine, nil
	}
	return Engine{}, errors.Join(failures...)
}

// autoReason says why auto took an engine, and its plugin if it has one.
func autoReason(engine Engine, parameters int) string {
	size := fmt.Sprintf("%.1f M parameters", float64(parameters)/1e6)
	switch {
	case parameters <= smallModel:
		return "starts at once, which for " + size + " is worth more than faster steps"
	case engine.Name == Go:
		return "nothing faster for " + size + " can be opened here"
	}
	return "the fastest here for " + size + ", with " + engine.Plugin
}
