package sandbox

import (
	"encoding/json"
	"fmt"
)

// plan is what one process of this program tells the next: how to become a
// program in the sandbox.
type plan struct {
	Level       Level    `json:"level"`
	LandlockABI int      `json:"landlock_abi"`
	Inside      bool     `json:"inside"` // the namespaces are there already
	Grant       Grant    `json:"grant"`
	Path        string   `json:"path"` // empty: restrict, check, and exit
	Args        []string `json:"args"` // without the program's name
}

func (p plan) encode() (string, error) {
	text, err := json.Marshal(p)
	return string(text), err
}

func parsePlan(text string) (plan, error) {
	var p plan
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return plan{}, fmt.Errorf("read the sandbox's plan: %w", err)
	}
	return p, nil
}

// libraries are where the dynamic linker and most programs look, beside facts
// about the machine that runtimes ask for. None of it tells about other processes.
func libraries() []string {
	return []string{
		"/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib", "/nix/store",
		"/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/usr/share/zoneinfo",
		"/sys/devices/system/cpu", "/sys/devices/system/node", "/sys/kernel/mm/transparent_hugepage",
		"/proc/cpuinfo", "/proc/meminfo", "/proc/stat",
	}
}

// devices are the harmless ones that programs count on.
func devices() []string {
	return []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}
}
