// A PJRT plugin that stands before the one in the file REAL_PLUGIN and passes
// everything on, but for one fault of the plugins that exist for Metal:
//
//   NO_API    has no GetPjrtApi
//   NO_STATS  refuses GetCompiledMemoryStats, as jax-mps does
//   TOO_OLD   has a table that ends before GetCompiledMemoryStats, as jax-metal's
//   WRONG     makes every float 10 % larger on its way to the device; and NO_STATS
//   CRASH     aborts when it is to make a client
//
// It is built by shim_test.go with go-xla's pjrt_c_api.h.
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>

#include "pjrt_c_api.h"

static const PJRT_Api *real;
static PJRT_Api shim;

// The one error of the shim's own. The real plugin knows nothing of it, so the
// functions on errors must tell it apart.
static char refusal;
#define REFUSAL ((PJRT_Error *)&refusal)

static void error_destroy(PJRT_Error_Destroy_Args *args) {
	if (args->error != REFUSAL) real->PJRT_Error_Destroy(args);
}

static void error_message(PJRT_Error_Message_Args *args) {
	if (args->error != REFUSAL) {
		real->PJRT_Error_Message(args);
		return;
	}
	args->message = "GetCompiledMemoryStats is not implemented";
	args->message_size = 41;
}

static PJRT_Error *error_code(PJRT_Error_GetCode_Args *args) {
	if (args->error != REFUSAL) return real->PJRT_Error_GetCode(args);
	args->code = PJRT_Error_Code_UNIMPLEMENTED;
	return NULL;
}

static PJRT_Error *no_stats(PJRT_Executable_GetCompiledMemoryStats_Args *args) { return REFUSAL; }

static PJRT_Error *wrong_buffer(PJRT_Client_BufferFromHostBuffer_Args *args) {
	if (args->type == PJRT_Buffer_Type_F32) {
		size_t size = 1;
		for (size_t i = 0; i < args->num_dims; i++) size *= args->dims[i];
		float *wrong = malloc(size * sizeof(float)); // never freed: it may be read later
		for (size_t i = 0; i < size; i++) wrong[i] = ((const float *)args->data)[i] * 1.1f;
		args->data = wrong;
	}
	return real->PJRT_Client_BufferFromHostBuffer(args);
}

static PJRT_Error *crash(PJRT_Client_Create_Args *args) { abort(); }

#ifdef NO_API
static
#endif
const PJRT_Api *GetPjrtApi(void) {
	void *library = dlopen(REAL_PLUGIN, RTLD_LAZY | RTLD_LOCAL);
	if (library == NULL) return NULL;
	const PJRT_Api *(*get)(void) = (const PJRT_Api *(*)(void))dlsym(library, "GetPjrtApi");
	real = get();
	shim = *real;
	shim.struct_size = sizeof shim;
#if defined(NO_STATS) || defined(WRONG)
	shim.PJRT_Error_Destroy = error_destroy;
	shim.PJRT_Error_Message = error_message;
	shim.PJRT_Error_GetCode = error_code;
	shim.PJRT_Executable_GetCompiledMemoryStats = no_stats;
#endif
#ifdef TOO_OLD
	shim.struct_size = offsetof(PJRT_Api, PJRT_Executable_GetCompiledMemoryStats);
	shim.pjrt_api_version.minor_version = 47;
#endif
#ifdef WRONG
	shim.PJRT_Client_BufferFromHostBuffer = wrong_buffer;
#endif
#ifdef CRASH
	shim.PJRT_Client_Create = crash;
#endif
	return &shim;
}
