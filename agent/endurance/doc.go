// Package endurance holds tests of what must survive: an agent that is killed
// again and again, many agents that race for one run, and a run of many
// experiments. They drive the real agent binary, with a scripted language model
// and stand-ins for the go command, the trainer and the evaluator that take no
// time. It is no part of the program.
package endurance
