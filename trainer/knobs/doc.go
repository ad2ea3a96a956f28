// Package knobs reads the knobs of a recipe and their domains from its source,
// and renders the change of one knob as the change of one line.
//
// The recipe is the composite literal Recipe{…} that NewRecipe returns. A field
// is a knob if its line ends in a comment that starts with a domain:
//
//	LambdaSchedule: "linear", // {linear, cosine, exponential} How lambda rises to 1.
//	LearningRate:   2e-5,     // [1e-5, 3e-3] log. Peak learning rate.
//	GroupSize:      64,       // {64, 128, 256} Weights that share one scale.
//
// Braces list the choices, without quotes; numbers among them are ordered.
// Brackets give a closed range, with the word log where its logarithm is the
// natural scale. A range over an integer field holds integers. What follows is
// a sentence for people. A field without a domain is not a knob.
//
// Between the two there may be a condition on another knob, without which this
// one does nothing, so that no experiment is wasted on it:
//
//	LambdaRate:  4, // [2, 10] if LambdaSchedule is exponential. How steeply lambda starts.
//	Temperature: 1, // {1, 2, 4} if Distill is not 0. Softens predictions.
//
// The literal is the only list of knobs: nothing here knows a knob by name. The
// package reads source as text and never compiles or runs it.
package knobs
