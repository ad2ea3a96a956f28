package sandbox

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWithoutHolders(t *testing.T) {
	folder, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(folder, "home", "me")
	link := filepath.Join(folder, "link")
	if err := os.MkdirAll(filepath.Join(home, "checkout"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(folder, "home"), link); err != nil {
		t.Fatal(err)
	}
	good := []string{"/usr/lib", home + "2", filepath.Join(home, "checkout", "data", "nano"), filepath.Join(home, ".cache"), filepath.Join(link, "other")}
	bad := []string{"/", home, home + "/", filepath.Join(home, "checkout"), filepath.Join(folder, "home"), folder, link, filepath.Join(link, "me"), folder + "/x/.."}
	got := WithoutHolders(append(append([]string{}, bad...), good...), []string{filepath.Join(home, "checkout"), home, filepath.Join(link, "me", "checkout")})
	if diff := cmp.Diff(good, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
