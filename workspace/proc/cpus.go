package proc

// ShareCPUs parts the processors that this process may use among n programs that
// run at the same time. Where there are more programs than processors, some share
// one.
func ShareCPUs(n int) [][]int { return share(usableCPUs(), n) }

func share(cpus []int, n int) [][]int {
	shares := make([][]int, n)
	for i := range shares {
		first, end := i*len(cpus)/n, (i+1)*len(cpus)/n
		if first == end {
			end++
		}
		shares[i] = cpus[first:end]
	}
	return shares
}
