// Command agent improves a ternary quantization recipe while its user sleeps. See
// package cli for its commands and package loop for what a run does. From above to below,
// each knows those below it alone:
//
//	cli       commands, flags, the screen
//	loop      what comes next; a run's experiments, one after another or in batches
//	check     what is measured besides: final check, ablation, figures measured again
//	draft     an experiment's change: asked for, applied, guarded, built
//	proposer  who proposes a change
//	branch    a run in git
//	trials    what each trial is to be, and its record
//	bench     a run that is open: settings, record, lab, texts, what is in hand
//	texts     the texts of final checks
//	record    the journal as one process writes it, and the tables
//	observe   who is told what happens
//	lab       builds recipes, trains and measures them with a runner of programs
//	lab/local the runner of this machine
//	runs      where a run's files are
package main
