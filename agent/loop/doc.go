// Package loop runs experiments: it is what `agent run` does.
//
// An experiment goes propose → apply → guard → build → train → evaluate →
// judge → commit. The path is written down in one function, [Loop.experiment];
// each stage has a file of its own and journals what it found before the next
// one begins. So whatever stops the agent, the journal knows how far it got. The
// next `agent run` walks the same path again, and each stage passes over what is
// journaled: the proposer's answers are taken from there, a program with the
// journaled checksum isn't built again, a seed isn't trained or measured twice, a
// look that asked for a further seed isn't taken with what came later. What isn't
// journaled is done again from its beginning.
//
// A stage fails in one of two ways. A crash is the candidate's own fault: it
// ends the experiment and is recorded as its outcome. Any other error (a full
// disk, an endpoint that is down, Ctrl-C) ends the run and records nothing, so
// that nothing false is said about the candidate.
//
// The package decides nothing about what to try (package proposer) or whether
// it was better (package results), and it doesn't know about flags or terminals
// (package cli).
package loop
