// Package measure is the command evaluate, which is all of the evaluator but its
// texts. It must link nothing that trains, fetches or judges.
package measure
