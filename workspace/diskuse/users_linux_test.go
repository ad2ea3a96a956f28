package diskuse

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// ordinary is the user "nobody", as whom root runs tests, too: nothing keeps root from
// listing a folder.
const ordinary = 65534

// asUsers runs a test as this user and, if that is root, the whole test of that name
// again as an ordinary one.
func asUsers(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run("this user", test)
	if os.Getuid() != 0 {
		return
	}
	t.Run("ordinary user", func(t *testing.T) {
		folder, err := os.MkdirTemp("/var/tmp", "diskuse-") //nolint:usetesting // it has to be open to the other user, and so must all above it
		must(t, err)
		t.Cleanup(func() { must(t, RemoveAll(folder)) })
		must(t, os.Chmod(folder, 0o777))
		program, err := os.ReadFile("/proc/self/exe")
		must(t, err)
		must(t, os.WriteFile(folder+"/test", program, 0o755))
		command := exec.CommandContext(t.Context(), folder+"/test", "-test.run=^"+name+"$")
		command.Dir = folder
		command.Env = []string{"TMPDIR=" + folder, "PATH=" + os.Getenv("PATH")}
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: ordinary, Gid: ordinary}}
		if output, err := command.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, output)
		}
	})
}
