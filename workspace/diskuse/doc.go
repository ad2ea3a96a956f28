// Package diskuse deals with folders that a program nobody trusts may write to: it
// counts what the program holds on the disk there, by blocks and not by names, and it
// removes such folders whatever was done to keep that from happening.
//
// Folders are walked from descriptor to descriptor, so neither a name's length nor a
// link matters, and links are never followed. It is no quota: a program is stopped
// after it has taken too much, at the next look. What a disk can still take is package
// diskspace's to say.
package diskuse
