// Package repo is the user's git repository, as a store of commits and refs.
//
// The repository is read, and added to, never changed: a [Repository] writes objects
// and the refs below refs/heads/autoresearch and refs/experiments. The user's index,
// HEAD, branches and files are touched by [Repository.Adopt] alone, which is what
// `agent adopt` is for. A run works on a plain copy of a commit's files that
// [Repository.Checkout] makes.
//
// What it isn't: it doesn't know what a change is for, and it never talks to a remote.
package repo
