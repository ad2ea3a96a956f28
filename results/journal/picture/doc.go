// Picture draws the README's picture of a run from its journal:
//
//	go run ./results/journal/picture runs/TAG/journal.jsonl docs/run.svg
//
// It shows eval_ppl of every experiment and the champion's over time. It is a
// command of its own so that nobody who runs the agent fetches a plotting
// library.
package main
