// Package selftest compares a backend with another by one training step of a
// small Llama. It is how a plugin that nobody has tried shows that it computes
// what it should; it says nothing of speed, and opens no backend itself.
package selftest
