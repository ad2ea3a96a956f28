// Package proposer decides what to try next: given the champion's files and
// what has been seen so far, it answers with one change.
//
// Four kinds answer to the same small interface:
//
//   - random changes one knob of the recipe to another value, drawn evenly.
//   - tpe changes one knob, chosen with a tree-structured Parzen estimator fed
//     with the finished experiments.
//   - gp changes several knobs at once: it models whole recipes (package search).
//   - llm asks a language model behind an OpenAI-compatible endpoint, which may
//     change any mutable file.
//
// The offline proposers keep no state: each proposal follows from the seed and
// the experiments alone, so that a resumed run equals an uninterrupted one.
//
// The package does not apply, build or judge what it proposes; that is for the
// loop. It never runs a trainer and never writes a file.
package proposer
