package sandbox

import (
	"errors"
	"fmt"
	"strings"
)

// InitName is the name (os.Args[0]) under which this program starts itself to
// become another one in a sandbox.
const InitName = "ternlab-sandbox"

// Settled is the variable of the environment, "NAME=value", by which a program that
// would put itself into the sandbox learns that whoever started it has seen to that.
const Settled = "TERNLAB_SANDBOX=settled"

// Level is how strictly programs are kept in.
type Level string

// The levels, the strictest first.
const (
	Namespaces Level = "namespaces" // Linux: namespaces, seccomp, and Landlock where the kernel has it
	Landlock   Level = "landlock"   // Linux: Landlock and seccomp
	Seatbelt   Level = "seatbelt"   // macOS: sandbox-exec
	Off        Level = "off"        // none
)

// Auto asks for the strictest level that works.
const Auto = "auto"

// Modes are what a person may ask for.
func Modes() []string { return []string{Auto, string(Namespaces), string(Landlock), string(Off)} }

// ErrNone says that no level, or not the one asked for, works on this machine.
var ErrNone = errors.New("no sandbox")

// Sandbox is what this machine enforces.
type Sandbox struct {
	Level       Level
	LandlockABI int    // version of Landlock in force; 0 is none
	Missed      string // why a stricter level doesn't work; empty if it does
}

// String names all that is in force, for people.
func (s Sandbox) String() string {
	var parts []string
	switch s.Level {
	case Off, "":
		return "off: experiments run with your rights"
	case Seatbelt:
		return "seatbelt (sandbox-exec)"
	case Namespaces:
		parts = append(parts, "namespaces")
	}
	if s.LandlockABI > 0 {
		parts = append(parts, fmt.Sprintf("Landlock %d", s.LandlockABI))
	}
	return strings.Join(append(parts, "seccomp"), " + ")
}

// On reports whether programs are kept in at all.
func (s Sandbox) On() bool { return s.Level != Off && s.Level != "" }

// Grant is all that a program may reach. Paths are absolute.
type Grant struct {
	Read      []string `json:"read"`      // files and folders to read and execute; missing ones are left out
	Write     []string `json:"write"`     // folders to write, too
	Devices   []string `json:"devices"`   // device files to read and write, as a GPU's
	Processes bool     `json:"processes"` // may start others
	Dir       string   `json:"dir"`       // working folder
	Limits    Limits   `json:"limits"`
}

// Limits bound what a program takes. Zero is no limit.
type Limits struct {
	MemoryBytes uint64 `json:"memory_bytes"` // private memory of each process
	FileBytes   uint64 `json:"file_bytes"`   // size of one file
	Threads     uint64 `json:"threads"`      // threads and processes of the same user together
	OpenFiles   uint64 `json:"open_files"`
}
