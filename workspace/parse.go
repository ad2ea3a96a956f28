package workspace

import "errors"

// ReplyError says why a proposer's reply holds no usable change. Its text is
// meant for the proposer, which gets another try.
type ReplyError struct {
	Reason string
}

func (e *ReplyError) Error() string { return "read reply: " + e.Reason }

// ParseReply finds the change in a proposer's reply: a JSON object,
// SEARCH/REPLACE blocks or a unified diff, bare, in code fences or between
// prose. The error is a [*ReplyError].
func ParseReply(reply string) (Change, error) {
	return Change{}, errors.New("parse reply: not built yet " + reply)
}
