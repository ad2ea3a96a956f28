// Package loop runs experiments: it is what `agent run` does.
//
// An experiment goes propose → apply → guard → build → train → evaluate →
// judge → commit. The path is written down in one function, [Loop.experiment];
// each stage has a file of its own and journals what it found before the next
// one begins. So whatever stops the agent, the journal knows how far it got,
// and the next `agent run` goes on from there.
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
