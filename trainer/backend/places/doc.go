// Package places finds the files that backends need on this machine: PJRT plugins,
// the libraries that these load, CUDA's libraries and tools. It loads none of them,
// so a program that must not link a backend can use it to hand the files to one
// that does, by path.
//
// [Machine.Files] is the whole list for a backend. It has files alone, never folders:
// who may read a plugin may not read what happens to lie beside it.
package places
