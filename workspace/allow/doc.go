// Package allow says which names of other packages mutable code may use (names.txt),
// and holds a candidate's source to it.
//
// A list of packages isn't enough: packages that a recipe needs have functions that
// read files, hand out raw memory or set up backends. And a list of names isn't
// enough either, because values lead to others: a number type knows its
// reflect.Type, that knows its methods, those know where the program's code lies.
// So [Check] has the compiler's own library (go/types) say what each expression is,
// and refuses
//
//   - each name, method or field of another package that isn't listed;
//   - each value, from wherever, of a type that isn't listed: inferred, embedded,
//     returned, asserted or held in a variable;
//   - interfaces of the candidate's own with methods in capitals, by which a value
//     could be asked for a method that its type's list leaves out;
//   - what makes figures differ from run to run: goroutines, channels, the order of
//     a map, addresses in text.
//
// It reads source that nobody has looked at. What calls it bounds its memory and
// time: package inspect, as a process of its own.
package allow
