package sandbox

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSeatbeltProfile(t *testing.T) {
	profile := seatbeltProfile(Grant{Read: []string{`/data/na"no`}, Write: []string{"/runs/out"}}, "/bin/trainer")
	want := []string{
		"(version 1)",
		"(deny default)",
		"(deny network*)",
		"(allow sysctl-read)",
		"(allow signal (target self))",
		`(allow process-exec (literal "/bin/trainer"))`,
		"(allow file-read-metadata)",
	}
	lines := strings.Split(profile, "\n")
	if diff := cmp.Diff(want, lines[:len(want)]); diff != "" {
		t.Errorf("the profile begins otherwise (-want +got):\n%s", diff)
	}
	for _, line := range []string{
		`(allow file-read* (subpath "/data/na\"no"))`,
		`(allow file-read* file-write* (subpath "/runs/out"))`,
		`(deny file-write-unlink (literal "/runs/out"))`,
		`(deny file-write-unlink (literal "/runs"))`,
	} {
		if !strings.Contains(profile, line+"\n") {
			t.Errorf("no line %s in:\n%s", line, profile)
		}
	}
	for _, absent := range []string{"process-fork", "iokit-open", `(subpath "/")`, "(allow network", "(allow default)"} {
		if strings.Contains(profile, absent) {
			t.Errorf("%s is in:\n%s", absent, profile)
		}
	}
	building := seatbeltProfile(Grant{Read: []string{"/go"}, Processes: true, Devices: []string{"/dev/gpu"}}, "/go/bin/go")
	for _, line := range []string{"(allow process-fork)", `(allow process-exec (subpath "/go"))`, "(allow iokit-open)"} {
		if !strings.Contains(building, line+"\n") {
			t.Errorf("no line %s in:\n%s", line, building)
		}
	}
}
