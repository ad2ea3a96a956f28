package edit

// Edit replaces one piece of text in one file. It is the only form in which a
// change reaches the source tree, whatever format the proposer answered in.
type Edit struct {
	// File is relative to the repository's root, with forward slashes.
	File string `json:"file"`
	// Search is the text to replace. It must occur exactly once in File.
	// Empty means: create File, which must not exist yet.
	Search string `json:"search"`
	// Replace is the text that takes Search's place.
	Replace string `json:"replace"`
	// Line is the line, counted from 1, at which the proposer expects Search
	// in the unedited file. 0 means unknown. It only decides between several
	// equal matches.
	Line int `json:"line,omitempty"`
}

// Change is what a proposer answers: an idea and the edits that try it.
type Change struct {
	Hypothesis string `json:"hypothesis"`
	Edits      []Edit `json:"edits"`
}
