// Command agent improves a ternary quantization recipe while its user sleeps.
// See package cli for its commands and package loop for what a run does.
package main
