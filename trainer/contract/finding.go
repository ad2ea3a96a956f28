package contract

// Finding is what a doctor says of one thing. The command doctor of the trainer prints a
// JSON array of them.
type Finding struct {
	Name   string `json:"name"`
	Status Health `json:"status"`
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"` // What mends it; empty if nothing does.
}

// Health is how a check came out.
type Health string

// The healths.
const (
	HealthOK   Health = "ok"
	HealthWarn Health = "warn" // What was asked for works without.
	HealthFail Health = "fail" // Nothing works.
)
