// Package compiler finds the files of this machine's C compiler, which builds of a
// candidate need in their sandbox. It asks the compiler itself, outside, where its
// programs, headers and libraries are, so one under /opt or in a Python environment
// serves as well as the system's. It compiles nothing.
package compiler
