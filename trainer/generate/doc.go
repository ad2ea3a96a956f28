// Package generate writes text with a model, one token after another, so that a
// person sees what the model says.
//
// [Generator] computes logits with a cache of keys and values; [Sampler] picks a
// token from them; [Writer] passes whole characters on as tokens come. Nothing
// here measures or judges a model: that is package evaluate's.
package generate
