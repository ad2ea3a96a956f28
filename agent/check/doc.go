// Package check checks what a run has found, beyond what its verdicts rest on: the
// final check of baseline and champion on fresh seeds and a text that nobody knew
// ([Confirm]), the champion without each of its changes ([Ablate]), a champion's figure
// measured again ([HoldToFigures]). They are short programs over a run's bench: none of
// them proposes anything.
package check
