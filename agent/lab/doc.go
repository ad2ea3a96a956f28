// Package lab is where a run's experiments are made: it builds a recipe's trainer
// ([Lab.Build]), trains it on a seed and measures its export ([Lab.Trial]).
//
// A [Program] is a trainer that was built. A [Trial] is what one training of it on
// one seed came to, with the curve that the trusted evaluator measured on the way and
// the figures of its export. What a trial is to be is plain data ([Spec]); what it
// came to is plain data, too. So another program, on another machine, can make it.
//
// A trial fails in one of two ways. A [FaultError] is the recipe's own: it doesn't build,
// it diverges, it takes too long, its export isn't one. Any other error (Ctrl-C, a
// file that can't be written) says nothing about the recipe. While the disk is full
// no fault is found: the error is [ErrDiskFull], and the step can be done again.
//
// Programs run wherever a [Runner] runs them. Package local does so on this machine,
// and it alone asks this machine anything: its sandbox, processors, memory, devices
// and processes. Whoever writes another runner needs the three folders of a run that
// jobs read and write (bin, experiments, unseen) on a file system that both see.
//
// A [Seal] holds the checksums of all that verdicts rest on. The package knows no
// proposer, no verdict and no journal: what is tried, on which seeds, against whom,
// and what is written down of it is for package loop to say.
package lab
