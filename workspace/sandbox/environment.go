package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ternlab/ternlab/workspace/secrets"
)

// Environment returns the part of this program's environment that a program in the
// sandbox gets: what finds programs, folders, caches and devices, by exact names.
// Anything else stays out, API keys first of all.
func Environment() []string { return PickEnvironment(os.Environ(), allowed()) }

// allowed are the variables that a trainer may have. A name that looks like that of
// a secret would be left out again.
func allowed() []string {
	return []string{
		"PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_CACHE_HOME", "NO_COLOR",
		"LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH",
		"GOMAXPROCS", "GOMEMLIMIT", "GOGC", "OMP_NUM_THREADS",
		"PJRT_PLUGIN", "PJRT_PLUGIN_LIBRARY_PATH", "VIRTUAL_ENV", "CONDA_PREFIX", "HF_HOME", "HF_HUB_CACHE",
		"XLA_FLAGS", "TF_XLA_FLAGS", "TF_CPP_MIN_LOG_LEVEL", "TF_CPP_MAX_VLOG_LEVEL", "TF_CPP_VMODULE",
		"TF_FORCE_GPU_ALLOW_GROWTH", "TF_GPU_ALLOCATOR",
		"CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "CUDA_HOME", "CUDA_PATH", "CUDA_MODULE_LOADING", "CUDA_LAUNCH_BLOCKING",
		"CUDA_CACHE_DISABLE", "CUDA_CACHE_MAXSIZE", "CUDA_CACHE_PATH", "CUDA_DEVICE_MAX_CONNECTIONS", "CUDA_MPS_PIPE_DIRECTORY",
		"NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES", "NVIDIA_TF32_OVERRIDE",
	}
}

// PickEnvironment returns the variables of those names, "NAME=value", less those
// that hold a secret. Lists of folders lose those that aren't absolute: they would
// mean the folder that a program happens to be in.
func PickEnvironment(variables, names []string) []string {
	hidden := secrets.New(variables)
	var picked []string
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		if !slices.Contains(names, name) || secrets.IsName(name) || secrets.HasPassword(value) || hidden.Clean(value) != value {
			continue
		}
		if name == "PATH" || strings.HasSuffix(name, "LIBRARY_PATH") {
			variable = name + "=" + onlyAbsolute(value)
		}
		picked = append(picked, variable)
	}
	return picked
}

func onlyAbsolute(list string) string {
	folders := slices.DeleteFunc(filepath.SplitList(list), func(folder string) bool { return !filepath.IsAbs(folder) })
	return strings.Join(folders, string(filepath.ListSeparator))
}
