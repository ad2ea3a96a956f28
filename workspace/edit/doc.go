// Package edit turns what a proposer answers into changed source: text in, text out.
// It finds the change in a reply ([ParseReply]), makes its edits in memory ([Apply]),
// decides whether the result may be built and run ([GuardEdits], [GuardSize],
// [Guard]), and tells what a change is ([UnifiedDiff], [Fingerprint]).
//
// What it isn't: it touches neither files nor processes, and it is no sandbox.
package edit
