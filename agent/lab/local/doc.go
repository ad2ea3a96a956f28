// Package local runs a run's programs on this machine, in a sandbox. It is the one
// place below the agent that asks this machine anything: what keeps programs in, which
// processors, devices and libraries there are, how much memory, which processes an
// agent that was killed has left.
//
// It knows how programs run, not what they are for: that is package lab's.
package local
