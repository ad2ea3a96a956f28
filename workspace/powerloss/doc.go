// Package powerloss models what a disk may hold after a power loss. It is for
// tests: a [Recorder] is told of a writer's file operations as they happen, and
// [Recorder.Crashes] lists, for every prefix of them, the disks that a power loss
// behind it may leave.
//
// The model assumes no more than POSIX promises. What was written to a file is
// safe once that file is synced; a name (of a new file or folder, or a renamed
// one) is safe once its folder is. All else may be there, or not, in any
// combination, and a write that was not synced may be there in part or as zeros.
// Only a rename is atomic: its target is the old file or the new one.
//
// Of the combinations it takes: nothing unsafe, everything, everything but one
// operation, one operation alone, each unsafe write torn in three ways, and some
// at random. It models neither a disk that lies about a sync nor one that damages
// what it held before.
package powerloss
