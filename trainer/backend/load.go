//go:build cgo && !noxla && ((linux && (amd64 || arm64)) || (darwin && arm64))

package backend

/*
#cgo linux LDFLAGS: -ldl
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

// The start of PJRT_Api in pjrt_c_api.h. The API only ever appends functions,
// so a function's place in the table never changes.
typedef struct {
	size_t struct_size;
	void *extension_start;
	struct {
		size_t struct_size;
		void *extension_start;
		int major, minor;
	} version;
	void *functions[];
} api_table;

// Place of PJRT_Executable_GetCompiledMemoryStats, the last function that
// go-xla can't do without.
enum { memory_stats = 96 };

// The start of PJRT_Executable_GetCompiledMemoryStats_Args; the figures follow.
typedef struct {
	size_t struct_size;
	void *extension_start;
	void *executable;
} stats_args;

// A plugin's table, or NULL and what went wrong, to be freed.
typedef struct {
	const api_table *table;
	char *problem;
} loaded;

// load_table loads a plugin. It is one step, because dlerror's text belongs to
// the thread.
static loaded load_table(const char *file) {
	void *library = dlopen(file, RTLD_LAZY | RTLD_LOCAL);
	if (library == NULL) {
		const char *text = dlerror();
		return (loaded){NULL, strdup(text != NULL ? text : "it can't be loaded")};
	}
	const api_table *(*get_table)(void) = (const api_table *(*)(void))dlsym(library, "GetPjrtApi");
	const api_table *table = get_table != NULL ? get_table() : NULL;
	if (table == NULL) {
		dlclose(library);
		return (loaded){NULL, strdup("it has no GetPjrtApi, so it is no PJRT plugin")};
	}
	return (loaded){table, NULL};
}

static int has_memory_stats(const api_table *table) {
	return table->struct_size >= offsetof(api_table, functions) + (memory_stats + 1) * sizeof(void *);
}

// no_memory_stats answers that nothing uses any memory.
static void *no_memory_stats(stats_args *args) {
	memset(args + 1, 0, args->struct_size - sizeof *args);
	return NULL;
}

// without_memory_stats copies a table; the copy lives as long as the process,
// as a plugin does.
static const api_table *without_memory_stats(const api_table *table) {
	api_table *copy = malloc(table->struct_size);
	if (copy == NULL) {
		return NULL;
	}
	memcpy(copy, table, table->struct_size);
	copy->functions[memory_stats] = (void *)no_memory_stats;
	return copy;
}

static int major_version(const api_table *table) { return table->version.major; }
static int minor_version(const api_table *table) { return table->version.minor; }
*/
import "C"

import (
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"unsafe"

	"github.com/gomlx/go-xla/pjrt"
)

// register loads a plugin, makes it known to go-xla, and returns its name there.
//
// go-xla could load the file itself, but it takes the path for the plugin's
// name: a comma in it cuts it off, and a folder named after a processor makes
// any plugin a CPU plugin. The name given here says what the plugin is. Its
// leading slash keeps go-xla from searching for it.
//
// With stubStats, the plugin is asked for no memory statistics: go-xla asks
// after each compilation and takes a refusal for a failure, and Metal plugins
// refuse.
func register(kind, file string, stubStats bool) (name string, err error) {
	name = fmt.Sprintf("/ternlab/%s/%08x", kind, crc32.ChecksumIEEE([]byte(file)))
	if _, err := pjrt.GetPlugin(name); err == nil {
		return name, nil
	}
	table, err := loadTable(file)
	if err != nil {
		return "", err
	}
	if stubStats {
		if table = C.without_memory_stats(table); table == nil {
			return "", errors.New("no memory for its table")
		}
	}
	return name, pjrt.RegisterPreloadedPlugin(name, uintptr(unsafe.Pointer(table)))
}

// loadTable loads a plugin and checks that it has all that go-xla calls.
func loadTable(file string) (*C.api_table, error) {
	path := C.CString(file)
	defer C.free(unsafe.Pointer(path))
	result := C.load_table(path)
	if result.table == nil {
		defer C.free(unsafe.Pointer(result.problem))
		return nil, errors.New(strings.TrimPrefix(C.GoString(result.problem), file+": "))
	}
	if C.has_memory_stats(result.table) == 0 {
		return nil, fmt.Errorf("it is too old: its PJRT API %d.%d has no GetCompiledMemoryStats",
			int(C.major_version(result.table)), int(C.minor_version(result.table)))
	}
	return result.table, nil
}
