package powerloss

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
)

// Crash is a disk that a power loss may leave.
type Crash struct {
	Behind int    // Operations that had been made.
	What   string // What became of those that were not safe, for a test's message.
	Disk   Disk
}

// torn says how much of an unsafe write is on the disk.
type torn int

const (
	whole torn = iota
	half
	oneByte
	zeros
)

// Crashes lists the disks that a power loss may leave, behind every prefix of the
// operations, that of all included. Before the first operation the disk was as
// before. No disk comes twice behind the same prefix.
func (r *Recorder) Crashes(before Disk) iter.Seq[Crash] {
	r.mu.Lock()
	ops := slices.Clone(r.ops)
	r.mu.Unlock()
	return func(yield func(Crash) bool) {
		for behind := range len(ops) + 1 {
			seen := map[string]bool{}
			for what, disk := range crashesBehind(before, ops[:behind]) {
				if key := disk.key(); !seen[key] {
					seen[key] = true
					if !yield(Crash{behind, what, disk}) {
						return
					}
				}
			}
		}
	}
}

func crashesBehind(before Disk, ops []op) iter.Seq2[string, Disk] {
	unsafe := unsafeOps(ops)
	without := func(lost ...int) map[int]bool {
		m := map[int]bool{}
		for _, i := range lost {
			m[i] = true
		}
		return m
	}
	return func(yield func(string, Disk) bool) {
		try := func(what string, lost map[int]bool, tear int, how torn) bool {
			return yield(what, replay(before, ops, lost, tear, how))
		}
		if !try("all is there", nil, -1, whole) || !try("nothing unsafe is there", without(unsafe...), -1, whole) {
			return
		}
		for _, i := range unsafe {
			others := slices.DeleteFunc(slices.Clone(unsafe), func(j int) bool { return j == i })
			if !try(fmt.Sprintf("operation %d is lost", i), without(i), -1, whole) ||
				!try(fmt.Sprintf("of the unsafe, only operation %d is there", i), without(others...), -1, whole) {
				return
			}
			for _, how := range []torn{half, oneByte, zeros} {
				if ops[i].kind == write && !try(fmt.Sprintf("write %d is torn (%d)", i, how), nil, i, how) {
					return
				}
			}
		}
		const atRandom = 6
		random := rand.New(rand.NewPCG(uint64(len(ops)), 1)) //nolint:gosec // For a test.
		for range atRandom {
			lost := slices.DeleteFunc(slices.Clone(unsafe), func(int) bool { return random.IntN(2) == 0 })
			if !try(fmt.Sprintf("operations %v are lost", lost), without(lost...), -1, whole) {
				return
			}
		}
	}
}

// unsafeOps lists the operations that no later sync has made safe.
func unsafeOps(ops []op) []int {
	var unsafe []int
	for i, o := range ops {
		if !isSafe(o, ops[i+1:]) {
			unsafe = append(unsafe, i)
		}
	}
	return unsafe
}

func isSafe(o op, later []op) bool {
	switch o.kind {
	case write, truncate:
		name := o.path // It may be renamed before it is synced.
		for _, l := range later {
			switch {
			case l.kind == syncFile && l.path == name:
				return true
			case l.kind == rename && l.path == name:
				name = l.to
			}
		}
		return false
	case mkdir, create:
		return syncsFolder(later, path.Dir(o.path))
	case rename:
		return syncsFolder(later, path.Dir(o.to))
	}
	return true // A sync itself leaves nothing behind.
}

func syncsFolder(later []op, folder string) bool {
	return slices.ContainsFunc(later, func(l op) bool { return l.kind == syncFolder && l.path == folder })
}

// replay makes the operations, without those that were lost.
func replay(before Disk, ops []op, lost map[int]bool, tear int, how torn) Disk {
	d := before.clone()
	contents := map[string]*[]byte{} // Of files that these operations touch, by the name in use.
	content := func(name string) *[]byte {
		if contents[name] == nil {
			data := []byte(before[name].Data)
			contents[name] = &data
		}
		return contents[name]
	}
	names := map[string]*[]byte{} // What the disk's names lead to.
	for i, o := range ops {
		there := !lost[i]
		switch o.kind {
		case mkdir:
			if there {
				d[o.path] = Entry{Folder: true}
			}
		case create:
			fresh := []byte{}
			contents[o.path] = &fresh
			if there {
				names[o.path] = &fresh
			}
		case write, truncate:
			data := content(o.path)
			if _, known := before[o.path]; known && names[o.path] == nil {
				names[o.path] = data
			}
			if there {
				*data = changed(*data, o, i == tear, how)
			}
		case rename:
			moved := content(o.path)
			contents[o.to] = moved
			delete(contents, o.path)
			if there {
				names[o.to] = moved
				delete(names, o.path)
				delete(d, o.path)
			}
		}
	}
	for name, data := range names {
		d[name] = Entry{Data: string(*data)}
	}
	return d.reachable()
}

// changed is a file's content after a write or a truncation.
func changed(data []byte, o op, tear bool, how torn) []byte {
	if o.kind == truncate {
		return slices.Clone(data[:min(int(o.size), len(data))])
	}
	added := o.data
	if tear {
		switch how {
		case half:
			added = added[:len(added)/2]
		case oneByte:
			added = added[:min(1, len(added))]
		case zeros:
			added = make([]byte, len(added))
		}
	}
	return append(slices.Clone(data), added...)
}

// reachable drops what lies in folders that are not there.
func (d Disk) reachable() Disk {
	for name := range d {
		for folder := path.Dir(name); folder != "." && !strings.HasPrefix(folder, ".."); folder = path.Dir(folder) {
			if !d[folder].Folder {
				delete(d, name)
				break
			}
		}
	}
	return d
}
