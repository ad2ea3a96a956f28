//go:build cgo && !noxla && linux && (amd64 || arm64)

package backend

/*
#include <malloc.h>
#include <stdlib.h>

// settle_malloc sets glibc's allocator up for tensors. It is a constructor because
// the number of arenas is settled as soon as Go's runtime starts a thread.
__attribute__((constructor)) static void settle_malloc(void) {
#ifdef __GLIBC__
	if (getenv("GLIBC_TUNABLES") != NULL) {
		return; // the user knows better
	}
	// With a heap for each of XLA's threads, what one thread frees another can't
	// use, and the memory of a training grows from step to step.
	mallopt(M_ARENA_MAX, 1);
	// Memory that is given back to the system comes again as pages to be zeroed:
	// a third of a second in a step of SmolLM.
	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, -1);
#endif
}

static void trim_malloc(void) {
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}
*/
import "C"

func trimMalloc() { C.trim_malloc() }
