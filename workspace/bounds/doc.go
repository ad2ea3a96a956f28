// Package bounds says how large a change may be, and measures it without parsing:
// by its bytes, lines and tokens, in time and memory that grow with its length
// alone.
//
// Two things are bounded. The shape of a file ([File]), so that what parses,
// formats and checks it afterwards can't be made to take without end: nesting,
// statements, ladders of else. And how much an answer adds ([Answer]) and the
// trainer grows over a run ([Whole]): a change is a recipe, which has few numbers,
// and not a model or a text that was finished elsewhere, in whatever form its
// numbers stand.
//
// What it isn't: it doesn't say what source may do. That is the guard's, and
// package allow's.
package bounds
