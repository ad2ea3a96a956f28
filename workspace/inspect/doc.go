// Package inspect is where a candidate's source is parsed, formatted and
// type-checked: in a process of its own ([Main], which the agent's binary plays when
// its first argument is [Command]), because no bound on source bounds what these
// take. Whoever starts it, as package build does in the sandbox, limits memory
// and time; a process that is ended so is the candidate's fault.
//
// The process gets a [Request] and leaves an [Answer], both as JSON in files. It
// runs nothing of what it reads.
package inspect
