// Package memory says how much memory a training will take, before it starts, and
// whether it fits.
//
// [Plan.Peak] is an estimate from sums of what lives at the same time; its
// constants were set by measuring, and docs/log/performance.md has estimates beside
// measured peaks. [Available] asks the machine, [Peak] what a process took in the
// end. Memory of GPUs is not looked at.
package memory
