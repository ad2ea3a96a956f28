package main

import (
	"cmp"
	"debug/buildinfo"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

// writeHeading says what was measured, on what, and how to do it again.
func writeHeading(w io.Writer, o options) {
	_, _ = fmt.Fprintf(w, `# What each knob does on %s

Made on %s by

    %s

on %s, %d trainings at a time; trainer of commit %s, %d steps, seeds 1 to %d.
The reference is the recipe as it is in the repository (the brief's baseline)%s; each row changes one knob of it.

- **eval_ppl** is the geometric mean over the seeds, with the lowest and the highest.
- **effect** is the mean difference of log eval_ppl from the reference with the same seed, which sees the same data, and
  the interval in which it lies with 95 %% confidence (Student's t).
- **reading** is "better" or "worse" where that interval leaves out 0. Of so many rows one in twenty would by chance.

`, o.preset, time.Now().Format(time.DateOnly), commandLine(os.Args), machine(), o.jobs, cmp.Or(o.commit, commit(o.trainer)), o.steps, o.seeds, with(o.set))
}

func with(set []string) string {
	if len(set) == 0 {
		return ""
	}
	return " with `" + strings.Join(set, " ") + "`"
}

// commandLine is how this program was called, as it would be from the source.
func commandLine(arguments []string) string {
	words := []string{"go run ./trainer/knobs/ablation"}
	for _, argument := range arguments[1:] {
		if strings.ContainsAny(argument, " \t'\"$*") {
			argument = "'" + argument + "'"
		}
		words = append(words, argument)
	}
	return strings.Join(words, " ")
}

// machine names the processor.
func machine() string {
	name := runtime.GOARCH
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil { // on Linux
		if _, rest, found := strings.Cut(string(info), "model name"); found {
			line, _, _ := strings.Cut(rest, "\n")
			name = strings.TrimSpace(strings.TrimLeft(line, " \t:"))
		}
	}
	return fmt.Sprintf("%d processors of a machine with %s (%s)", runtime.GOMAXPROCS(0), name, runtime.GOOS)
}

// commit is the commit that a program was built from.
func commit(program string) string {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return "unknown"
	}
	revision, changed := "unknown", ""
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision":
			revision = "`" + setting.Value[:min(len(setting.Value), 7)] + "`"
		case setting.Key == "vcs.modified" && setting.Value == "true":
			changed = " with changes"
		}
	}
	return revision + changed
}
