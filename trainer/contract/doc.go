// Package contract is what agent, trainer and evaluator agree on: what one tells the
// other on a command line, prints as JSON, or says by an exit code. Both sides import
// it, so that neither guesses. What a training says while it goes is in package
// progress.
//
// Trainer and evaluator are built from a run's base commit, which may be older than
// the agent. [Version] counts what they have learnt to say since; a run's journal has
// the version that it began with.
//
// The package has no logic beyond its forms, and knows neither a preset nor a knob.
package contract
