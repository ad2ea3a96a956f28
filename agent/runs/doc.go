// Package runs knows where a run's files are: the folder runs/<tag> in the user's
// checkout, and what lies where in it. It makes none of them.
package runs
