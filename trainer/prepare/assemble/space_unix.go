//go:build linux || darwin

package assemble

import "golang.org/x/sys/unix"

// freeSpace is the number of bytes that this user may still write in a folder.
func freeSpace(folder string) (uint64, error) {
	var status unix.Statfs_t
	if err := unix.Statfs(folder, &status); err != nil {
		return 0, err
	}
	return status.Bavail * uint64(status.Bsize), nil
}
