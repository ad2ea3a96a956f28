package powerloss

import (
	"slices"
	"testing"
)

// contents lists what a file may hold behind all operations, "-" where it may be
// missing.
func contents(r *Recorder, before Disk, name string) []string {
	var found []string
	for crash := range r.Crashes(before) {
		if crash.Behind < r.Count() {
			continue
		}
		entry, there := crash.Disk[name]
		if !there {
			entry.Data = "-"
		}
		found = append(found, entry.Data)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func TestWhatIsNotSyncedMayBeLost(t *testing.T) {
	for name, test := range map[string]struct {
		write func(*Recorder)
		want  []string
	}{
		"nothing synced":    {func(r *Recorder) { r.Create("/d/f"); r.Write("/d/f", []byte("ab")) }, []string{"", "-", "\x00\x00", "a", "ab"}},
		"the content alone": {func(r *Recorder) { r.Create("/d/f"); r.Write("/d/f", []byte("ab")); r.SyncFile("/d/f") }, []string{"-", "ab"}},
		"the name alone":    {func(r *Recorder) { r.Create("/d/f"); r.Write("/d/f", []byte("ab")); r.SyncFolder("/d") }, []string{"", "\x00\x00", "a", "ab"}},
		"both": {func(r *Recorder) {
			r.Create("/d/f")
			r.Write("/d/f", []byte("ab"))
			r.SyncFile("/d/f")
			r.SyncFolder("/d")
		}, []string{"ab"}},
		"written again": {func(r *Recorder) {
			r.Create("/d/f")
			r.Write("/d/f", []byte("ab"))
			r.SyncFile("/d/f")
			r.SyncFolder("/d")
			r.Write("/d/f", []byte("c"))
		}, []string{"ab", "ab\x00", "abc"}},
		"a folder that is not": {func(r *Recorder) {
			r.Mkdir("/d/g")
			r.Create("/d/g/f")
			r.Write("/d/g/f", []byte("ab"))
			r.SyncFile("/d/g/f")
			r.SyncFolder("/d/g")
			r.Rename("/d/g/f", "/d/f")
			r.SyncFolder("/d")
		}, []string{"ab"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewRecorder("/d")
			test.write(r)
			slices.Sort(test.want)
			if got := contents(r, Disk{}, "f"); !slices.Equal(got, test.want) {
				t.Errorf("the file may hold %q, want %q", got, test.want)
			}
		})
	}
}

// In place, as go-git does it, a file may be found empty or torn; with a file
// beside it that is synced and renamed it is the old or the new one.
func TestReplacing(t *testing.T) {
	before := Disk{"ref": {Data: "old"}}
	inPlace := NewRecorder("/d")
	inPlace.Truncate("/d/ref", 0)
	inPlace.Write("/d/ref", []byte("new"))
	if got := contents(inPlace, before, "ref"); !slices.Contains(got, "") || len(got) < 4 {
		t.Errorf("in place it may hold %q", got)
	}
	beside := NewRecorder("/d")
	beside.Create("/d/tmp")
	beside.Write("/d/tmp", []byte("new"))
	beside.SyncFile("/d/tmp")
	beside.Rename("/d/tmp", "/d/ref")
	if got := contents(beside, before, "ref"); !slices.Equal(got, []string{"new", "old"}) {
		t.Errorf("beside it may hold %q", got)
	}
	beside.SyncFolder("/d")
	if got := contents(beside, before, "ref"); !slices.Equal(got, []string{"new"}) {
		t.Errorf("synced it may hold %q", got)
	}
	careless := NewRecorder("/d")
	careless.Create("/d/tmp")
	careless.Write("/d/tmp", []byte("new"))
	careless.Rename("/d/tmp", "/d/ref")
	if got := contents(careless, before, "ref"); !slices.Contains(got, "") || !slices.Contains(got, "n") {
		t.Errorf("without a sync it may hold %q", got)
	}
}

func TestDiskReadsWhatItWrote(t *testing.T) {
	want := Disk{"a": {Folder: true}, "a/b": {Data: "x\x00"}, "c": {}}
	root := t.TempDir() + "/disk"
	if err := want.Write(root); err != nil {
		t.Fatal(err)
	}
	got, err := ReadDisk(root)
	if err != nil || got.key() != want.key() {
		t.Errorf("read %v, %v", got, err)
	}
}
