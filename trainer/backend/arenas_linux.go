//go:build cgo && !noxla && linux && (amd64 || arm64)

package backend

/*
#include <malloc.h>

// One arena, where the C library has arenas at all.
static void use_one_arena(void) {
#ifdef M_ARENA_MAX
	mallopt(M_ARENA_MAX, 1);
#endif
}
*/
import "C"

// limitArenas keeps glibc from giving each of XLA's threads a heap of its own.
// What one thread frees there, another can't use, and the memory of a SmolLM
// training grew from step to step by half before it came to rest.
func limitArenas() { C.use_one_arena() }
