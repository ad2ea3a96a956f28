package workspace

import "errors"

// ApplyError says why an edit does not fit its file. Its text is meant for the
// proposer: it quotes the nearest text that the file does hold.
type ApplyError struct {
	File   string
	Search string
	// Reason says what is wrong and what to do instead.
	Reason string
	// Nearest is the part of File that resembles Search most, each line led
	// by its number. Empty where there is nothing alike.
	Nearest string
}

func (e *ApplyError) Error() string {
	text := "apply edit to " + e.File + ": " + e.Reason
	if e.Nearest != "" {
		text += "\n" + e.Nearest
	}
	return text
}

// Apply makes the edits in order, all or nothing, in memory. It returns the
// changed files only and leaves files as it is. The error is an [*ApplyError].
func Apply(files map[string]string, edits []Edit) (map[string]string, error) {
	return nil, errors.New("apply: not built yet")
}
