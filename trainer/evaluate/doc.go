// Package evaluate measures eval_ppl and eval_bpb, the only numbers that decide
// an experiment.
//
// It is fixed and trusted: it loads an exported model from disk, refuses one
// that isn't ternary through and through (package checkpoint), runs the fixed
// network (package llama) and computes the loss itself. It trusts nothing that
// a training run printed. Full-precision models are measured too, for
// comparison, and are named as such.
//
// A loss is right for whatever logits weights make, or there is no figure. That no
// token is predicted from itself or from later ones holds by the network's own
// masks, which replace scores; it is tested all the same in each measurement, on
// some windows with other tokens from a position on, whose losses before it must
// stay the same to the bit.
//
// The protocol is GPTQ's: the text is tokenized as a whole, cut into windows of
// Context tokens that don't overlap, the rest is dropped; within a window each
// token but the first is predicted from those before it. eval_ppl is
// exp(mean negative log-likelihood per predicted token) and eval_bpb is the
// same total in bits per byte of the predicted tokens' text, which doesn't
// depend on the tokenizer.
package evaluate
