// Package texts has the texts of a run's final checks: those that nobody knew when the
// champion was chosen. One is fixed before the first experiment, in the journal by a
// digest and in the run's folder as a seed or a file that no candidate is granted: a
// secret that is made when the check begins, where the preset's evaluator can make
// texts, or a file of the user's own. When a check is done its secret is revealed in the
// journal.
//
// What is measured on a text isn't for this package.
package texts
