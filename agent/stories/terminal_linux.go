package stories

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// onTerminal runs a command whose output goes to a terminal, and prints what the
// terminal was sent, without the agent's own control codes: those that end, erase
// or begin a line again, and the colours of a diff.
func onTerminal() {
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	exitOn(err)
	exitOn(unix.IoctlSetPointerInt(int(terminal.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPTN)
	exitOn(err)
	end, err := os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	exitOn(err)
	command := exec.CommandContext(context.Background(), os.Args[1], os.Args[2:]...)
	command.Stdout, command.Stderr = end, end
	exitOn(command.Start())
	exitOn(end.Close())
	var sent bytes.Buffer
	_, _ = sent.ReadFrom(terminal) // it ends with an error when nobody holds the other end
	fmt.Print(strings.NewReplacer("\r\n", "\n", "\r\x1b[2K", "", "\r", "",
		"\x1b[0m", "", "\x1b[1m", "", "\x1b[7m", "", "\x1b[31m", "", "\x1b[32m", "", "\x1b[36m", "").Replace(sent.String()))
	if err := command.Wait(); err != nil {
		os.Exit(1)
	}
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "on-terminal:", err)
		os.Exit(2)
	}
}
