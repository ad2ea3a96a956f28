package prepare

// sharedRun is how many tokens in a row two texts must have in common for these to
// count as shared. Single words, phrases and names come in every text.
const sharedRun = 48

// Shared is the share of a text that stands in another one, too: of its runs of
// [sharedRun] tokens, those that are in the other, from 0 to 1. A text that is
// shorter than a run has none.
func Shared(text []int32, other Text) float64 {
	runs := map[uint64]bool{} // by hash, and whether the other has it
	total := map[uint64]int{}
	eachRun(IDs(text), func(hash uint64) {
		runs[hash] = false
		total[hash]++
	})
	eachRun(other, func(hash uint64) {
		if _, ok := runs[hash]; ok {
			runs[hash] = true
		}
	})
	shared, all := 0, 0
	for hash, count := range total {
		all += count
		if runs[hash] {
			shared += count
		}
	}
	if all == 0 {
		return 0
	}
	return float64(shared) / float64(all)
}

// eachRun calls visit with a hash of each of a text's runs of [sharedRun] tokens,
// rolled on from one to the next (Karp and Rabin, "Efficient randomized
// pattern-matching algorithms", 1987). The text is read a piece at a time.
func eachRun(text Text, visit func(hash uint64)) {
	const factor = 0x9e3779b97f4a7c15 // odd, so that no token is lost modulo 2^64
	first := uint64(1)                // factor to the power of sharedRun
	for range sharedRun {
		first *= factor
	}
	var hash uint64
	var last [sharedRun]uint64 // tokens of the run, as a ring
	piece := make([]int32, 1<<16)
	for start := 0; start < text.Len(); start += len(piece) {
		piece = piece[:min(len(piece), text.Len()-start)]
		text.Copy(piece, start)
		for i, id := range piece {
			at, token := (start+i)%sharedRun, uint64(id)+1 //nolint:gosec // ids aren't negative
			hash = hash*factor + token - last[at]*first
			last[at] = token
			if start+i+1 >= sharedRun {
				visit(hash)
			}
		}
	}
}
