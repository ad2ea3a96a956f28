// Package diskspace tells how much a disk can still take. It is no quota: what
// other programs write meanwhile isn't known.
package diskspace
