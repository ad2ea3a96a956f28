// Package loop runs experiments: it is what `agent run` does.
//
// An experiment goes propose → apply → guard → build → train → evaluate →
// judge → commit. The path is written down in one function, [Loop.experiments], whose
// steps take candidates and return them: package draft makes one of a proposer's answer,
// package lab trains and measures it, package results/verdict looks at the figures,
// package branch puts what was decided into git. Each step journals what it found before
// the next one begins, by package record. So whatever stops the agent, the journal knows
// how far it got. The next `agent run` walks the same path again, and each step passes
// over what is journaled: the proposer's answers are taken from there, a program with the
// journaled checksum isn't built again, a seed isn't trained or measured twice, a
// look that asked for a further seed isn't taken with what came later. What isn't
// journaled is done again from its beginning.
//
// A step fails in one of two ways. A [lab.FaultError] is the candidate's own: it
// ends the experiment and is recorded as its outcome, a crash. Any other error (an
// endpoint that is down, Ctrl-C) ends the run and records nothing, so that nothing
// false is said about the candidate; after a full disk the step is done again.
//
// # Several experiments at once
//
// With [Settings.Parallel] K, K candidates of the same champion go down the path
// together, as a batch. They are proposed, guarded and built one after another, in
// the run's one working copy, each told of those before it; a recipe that was tried
// or is being tried is refused by its fingerprint. Then they go in rounds: in round
// k all that are left are trained and measured on seed k at the same time, each
// program on its share of the processors and with a folder of its own; when the
// last is done there is one look at each, in the order of their numbers. So what a
// look, a race or a proposer knows depends on no clock, and neither interruptions
// nor another K on the way change what a batch comes to.
//
// All of a batch are compared with the champion that they were proposed from. One
// alone can be kept: when the rule is clear on all of them, the one that gains most.
// Another that would have been kept isn't, since nobody has measured the two changes
// together; where its change still applies, it is tried again on the new champion,
// as the next experiment, trained and judged like any other.
//
// # A champion that is withdrawn
//
// Before candidates are compared with a champion on further seeds, and before the final
// check, it is trained again on an old seed ([check.HoldToFigures]). One whose figure
// differs is journaled as withdrawn, then a commit on the run's branch restores the
// champion before it, then that commit is journaled; whoever is interrupted in between
// makes the same commit. The batch at hand was compared with nothing: it is decided as
// such, and the next one begins from the restored champion.
//
// The package decides nothing about what to try (package proposer) or whether
// it was better (packages results/journal and results/verdict), and it doesn't know about flags or terminals
// (package cli).
package loop
