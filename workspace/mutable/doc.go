// Package mutable says which files of the source tree candidates may change: Go
// files directly in [Folder], but for the program's main file and tests.
//
// What these files may hold isn't its business: that is the guard's, in package
// edit.
package mutable
