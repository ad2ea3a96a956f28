package repo

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/ternlab/ternlab/workspace/powerloss"
)

// recordedDisk does what realDisk does and tells a recorder of it.
type recordedDisk struct {
	realDisk
	recorder *powerloss.Recorder
}

func (d recordedDisk) mkdirAll(folder string) error {
	for missing := folder; ; missing = filepath.Dir(missing) {
		if _, err := os.Stat(missing); err == nil {
			break
		}
		defer d.recorder.Mkdir(missing) // The outermost first.
	}
	return d.realDisk.mkdirAll(folder)
}

// replace is renameio's: a new file, written, synced, and renamed.
func (d recordedDisk) replace(file string, content []byte, mode fs.FileMode, tempFolder string) error {
	temporary := filepath.Join(tempFolder, fmt.Sprintf(".%s%d", filepath.Base(file), d.recorder.Count()))
	d.recorder.Create(temporary)
	d.recorder.Write(temporary, content)
	d.recorder.SyncFile(temporary)
	d.recorder.Rename(temporary, file)
	return d.realDisk.replace(file, content, mode, tempFolder)
}

func (d recordedDisk) syncFolder(folder string) error {
	d.recorder.SyncFolder(folder)
	return d.realDisk.syncFolder(folder)
}

// hastyDisk syncs nothing, so that a thousand recoveries take seconds.
type hastyDisk struct{ realDisk }

func (hastyDisk) replace(file string, content []byte, mode fs.FileMode, tempFolder string) error {
	temporary := filepath.Join(tempFolder, "."+filepath.Base(file))
	if err := os.WriteFile(temporary, content, mode); err != nil {
		return err
	}
	return os.Rename(temporary, file)
}

func (hastyDisk) syncFolder(string) error { return nil }

// The power fails behind every file operation of two kept experiments and a
// dropped one. A ref that was set is there with all its objects, none is broken,
// and doing the same again completes what was cut off.
func TestRefsSurvivePowerLoss(t *testing.T) {
	r := newRepository(t)
	base := headCommit(t, r)
	before, err := powerloss.ReadDisk(r.Root())
	if err != nil {
		t.Fatal(err)
	}
	recorder := powerloss.NewRecorder(r.Root())
	r.disk = recordedDisk{recorder: recorder}
	type step struct{ ref, text, parent, commit string }
	steps := []*step{
		{ref: BranchRef("a"), text: "package main // kept\n"},
		{ref: ExperimentRef("a", 2), text: "package main // dropped\n"},
		{ref: BranchRef("a"), text: "package main // kept again\n"},
	}
	safe := map[int]int{} // Steps that are acknowledged, by the operations until then.
	tip := base
	for i, s := range steps {
		s.parent = tip
		s.commit = commit(t, r, tip, map[string]string{"trainer/recipe.go": s.text}, s.ref)
		setRef(t, r, s.ref, s.commit)
		if s.ref == BranchRef("a") {
			tip = s.commit
		}
		safe[recorder.Count()] = i + 1
	}
	root := filepath.Join(t.TempDir(), "disk")
	crashes, acknowledged := 0, 0
	for crash := range recorder.Crashes(before) {
		crashes++
		acknowledged = max(acknowledged, safe[crash.Behind])
		if err := crash.Disk.Write(root); err != nil {
			t.Fatal(err)
		}
		left, err := Open(root)
		if err != nil {
			t.Fatalf("behind %d, %s: %v", crash.Behind, crash.What, err)
		}
		left.disk = hastyDisk{}
		want := map[string][]string{} // By ref, the commits that it may be at; empty for none.
		for i, s := range steps {
			switch {
			case i < acknowledged:
				want[s.ref] = []string{s.commit}
			case i == acknowledged:
				want[s.ref] = append(want[s.ref], s.commit)
				if len(want[s.ref]) == 1 {
					want[s.ref] = append(want[s.ref], "")
				}
			}
		}
		for ref, may := range want {
			wantRefAt(t, left, crash, ref, may)
		}
		if acknowledged < len(steps) { // The agent that comes next does the step at hand again.
			s := steps[acknowledged]
			setRef(t, left, s.ref, commit(t, left, s.parent, map[string]string{"trainer/recipe.go": s.text}, s.ref))
			wantText(t, left, crash, s.ref, s.text)
		}
	}
	t.Logf("%d power losses behind %d operations, all recovered", crashes, recorder.Count())
	if crashes < 2*recorder.Count() {
		t.Errorf("only %d power losses", crashes)
	}
}

// wantRefAt wants a ref at one of some commits, which is all there.
func wantRefAt(t *testing.T, r *Repository, crash powerloss.Crash, ref string, may []string) {
	t.Helper()
	at, err := r.Ref(ref)
	if err != nil {
		at = ""
	}
	for _, commit := range may {
		if at == commit {
			if at != "" {
				wantText(t, r, crash, ref, "")
			} else if _, err := os.Stat(filepath.Join(r.commonDir, filepath.FromSlash(ref))); err == nil {
				t.Fatalf("behind %d, %s: %s is there but broken", crash.Behind, crash.What, ref)
			}
			return
		}
	}
	t.Fatalf("behind %d, %s: %s is at %q, want one of %q", crash.Behind, crash.What, ref, at, may)
}

// wantText reads the history of a ref and the files of each commit.
func wantText(t *testing.T, r *Repository, crash powerloss.Crash, ref, text string) {
	t.Helper()
	entries, err := r.Log(ref, "")
	if err != nil {
		t.Fatalf("behind %d, %s: %v", crash.Behind, crash.What, err)
	}
	for i, entry := range entries {
		files, err := r.MutableFiles(entry.Commit)
		if err != nil || i == 0 && text != "" && files["trainer/recipe.go"] != text {
			t.Fatalf("behind %d, %s: commit %s has %v, %v", crash.Behind, crash.What, entry.Commit, files, err)
		}
	}
}
