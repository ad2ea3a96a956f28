// Package hubtest is a small Hugging Face hub for tests: real HTTP on the
// loopback interface, on two ports as the hub has two hosts, one that describes
// repositories and one that large files are fetched from.
//
// It speaks as much of the protocol as package hub uses, and can fail in the
// ways that the real one does.
package hubtest
