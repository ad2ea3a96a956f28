package backend

import "errors"

// Diagnosis is how one engine fares here, for a person.
type Diagnosis struct {
	State  State
	Plugin string // its file; empty for go, or if none was found
	Detail string // what is wrong, or how it could be faster; may be empty
	Fix    string // what mends it; may be empty
}

// Diagnose looks for an engine's plugin and proves it: a process of its own
// computes a training step, which must agree with the go backend's.
func Diagnose(engine string) Diagnosis { return thisMachine().diagnose(engine) }

func (m machine) diagnose(engine string) Diagnosis {
	switch {
	case engine == Go && lacksSIMD():
		return Diagnosis{State: Works, Detail: slowBuild, Fix: simdFix}
	case engine == Go:
		return Diagnosis{State: Works}
	case engine == CUDA && m.OS == "linux" && !m.nvidia:
		return Diagnosis{State: Unsupported, Detail: "no NVIDIA GPU is here"}
	}
	plugin, err := m.resolve(engine, "")
	if err == nil {
		err = m.prove(engine, plugin)
	}
	var problem *EngineError
	switch {
	case err == nil:
		return Diagnosis{State: Works, Plugin: plugin}
	case errors.As(err, &problem):
		return Diagnosis{State: problem.State, Plugin: plugin, Detail: problem.Detail, Fix: problem.Fix}
	}
	return Diagnosis{State: Broken, Plugin: plugin, Detail: err.Error()}
}
