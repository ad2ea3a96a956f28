// Package int80 makes a system call as 32-bit programs do, which a filter for
// 64-bit calls alone would let through. It is for the tests of the sandbox.
package int80
