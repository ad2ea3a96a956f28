package journal

// PairedSeeds are the seeds of the first k looks.
func PairedSeeds(run Run, k int) []uint64 {
	seeds := make([]uint64, k)
	for i := range seeds {
		seeds[i] = PairedSeed(run, i+1)
	}
	return seeds
}

// PairedSeed is the seed of look k, 1 being the first, for champion and
// candidate alike: the run's own, and those that follow it.
func PairedSeed(run Run, k int) uint64 { return run.Seed + uint64(k-1) }

// farFromPaired keeps the fresh seeds apart from the paired ones.
const farFromPaired = 1 << 20

// FreshSeed is a seed that no verdict rests on, for the final check: k is 1, 2, 3 and so on.
func FreshSeed(run Run, k int) uint64 { return run.Seed + farFromPaired + uint64(k-1) }

// IsFresh tells whether a seed is one of the final check's.
func IsFresh(run Run, seed uint64) bool { return seed-run.Seed >= farFromPaired }
