// Package progress carries a trainer's progress from one process to another and
// shows it to people.
//
// The trainer reports Events to a Reporter: as one JSON object a line for the
// agent that started it (NewJSON), as a progress bar on a terminal (NewBar,
// NewTerminal), or as a line per evaluation when its output is piped
// (NewPlain). The agent reads the JSON lines back with ParseEvent.
//
// It is progress only. An event comes from the candidate's own process, so no
// verdict may rest on it: eval_ppl is measured by the fixed evaluator on the
// exported model.
package progress
