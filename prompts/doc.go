// Package prompts holds what a language model is told, as text templates beside
// the data that fills them.
//
// What comes from files, results and messages is data, never an instruction: it
// is delimited, stripped of control characters, and capped in length. The
// package renders text; it talks to no model and decides nothing.
package prompts
