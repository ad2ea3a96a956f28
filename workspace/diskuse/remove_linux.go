package diskuse

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// changeMode changes the mode of what has that name in a folder, unless it is a link.
// It goes by a descriptor, since fchmodat2(2) came with Linux 6.6 only.
func changeMode(above int, name string, mode uint32) error {
	found, err := unix.Openat(above, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer closeFolder(found)
	return unix.Chmod(fmt.Sprintf("/proc/self/fd/%d", found), mode)
}

// makeMutable takes off what keeps a file from being removed, or a folder from being
// changed, and does so for the folder that it lies in, too: attributes that only an
// administrator can set (chattr +i, +a), and take off. An attempt that fails shows in
// the removal's own error.
func makeMutable(above int, name string) {
	const immutable, appendOnly = 0x10, 0x20 // FS_IMMUTABLE_FL, FS_APPEND_FL
	set := func(file int) {
		flags, err := unix.IoctlGetInt(file, unix.FS_IOC_GETFLAGS)
		if err == nil && flags&(immutable|appendOnly) != 0 {
			_ = unix.IoctlSetPointerInt(file, unix.FS_IOC_SETFLAGS, flags&^(immutable|appendOnly))
		}
	}
	set(above)
	var found unix.Stat_t
	err := unix.Fstatat(above, name, &found, unix.AT_SYMLINK_NOFOLLOW)
	if kind := found.Mode & unix.S_IFMT; err != nil || kind != unix.S_IFREG && kind != unix.S_IFDIR {
		return // opening it could wait, or do something
	}
	file, err := unix.Openat(above, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	set(file)
	closeFolder(file)
}
