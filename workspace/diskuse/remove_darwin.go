package diskuse

import "golang.org/x/sys/unix"

// changeMode changes the mode of what has that name in a folder, unless it is a link.
func changeMode(above int, name string, mode uint32) error {
	return unix.Fchmodat(above, name, mode, unix.AT_SYMLINK_NOFOLLOW)
}

// makeMutable takes off what keeps a file from being removed (chflags uchg, uappnd), and
// does so for the folder that it lies in, too. An attempt that fails shows in the
// removal's own error.
func makeMutable(above int, name string) {
	_ = unix.Fchflags(above, 0)
	file, err := unix.Openat(above, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	_ = unix.Fchflags(file, 0)
	closeFolder(file)
}
