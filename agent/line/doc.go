// Package line makes text fit for one line of a screen, a table or a commit
// message. It knows nothing of what the text says.
package line
