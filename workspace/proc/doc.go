// Package proc runs a program as a process ([Run]): it bounds its time, output,
// memory, disk and descendants, and keeps secrets out of its environment. It also
// ends what an agent that was killed has left running ([Reap]), and parts the
// processors among programs ([ShareCPUs]).
//
// What it isn't: the files that a program opens and the network are the sandbox's,
// which a [Process] names.
package proc
