// Package write has the commands that write something for people: a trained model as a
// GGUF file, what it says, a picture of trainings.
package write
