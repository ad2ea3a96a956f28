// Evaluator measures eval_ppl of an exported model. The agent builds it once
// from the commit a run starts at, so that no candidate can touch it; for people
// the same command is "trainer evaluate".
package main
