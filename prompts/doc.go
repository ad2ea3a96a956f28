// Package prompts holds what a language model is told, as text templates beside
// the data that fills them.
//
// What comes from files, results and messages is data, never an instruction: it
// is delimited, capped in length, and stripped of what could step out of its
// place: control and invisible characters, terminal escapes, our tags, the tokens
// of chat templates, markers of edits. Files alone are given exactly, since edits
// quote them; they are the champion's, which passed the guard. The
// package renders text; it talks to no model and decides nothing.
package prompts
