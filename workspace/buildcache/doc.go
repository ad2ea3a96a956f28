// Package buildcache is a build cache for the go command, as a program that it
// starts (GOCACHEPROG), with two layers: one that is only read, and one that takes
// what is new.
//
// What experiments are built from must not come from where experiments could have
// written, and what they can read must not hold compiled evaluation texts, as the
// user's own cache does. So before the first experiment the recipe as it is gets
// built with the user's cache below and the run's above: what that build needs is
// taken over, nothing else. Each experiment is then built with the run's cache
// below and a folder above that is thrown away.
package buildcache
