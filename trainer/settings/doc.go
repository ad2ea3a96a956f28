// Package settings makes of a struct's fields what else a setting is: a flag, an
// argument, a value to compare. A field is a setting if it has the tag flag:
//
//	Steps  int `flag:"steps" help:"training steps"`
//	Tokens int `flag:"tokens,omitempty" help:"tokens in all; 0 is no limit"`
//
// Fields may be strings, whole numbers, floating-point numbers, booleans and lists of
// strings. The fields of an embedded struct are settings of the struct itself, and those
// of a field with the tag flag:",inline" are, too.
//
// It knows no setting, and checks no value beyond its type.
package settings
