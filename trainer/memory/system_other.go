//go:build !linux && !darwin

package memory

// Available is 0: this system isn't asked.
func Available() int64 { return 0 }

// Peak is 0: this system isn't asked.
func Peak() int64 { return 0 }

// Files is empty: no file is read for them.
func Files() []string { return nil }
