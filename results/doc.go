// Package results keeps the record of a run.
package results
