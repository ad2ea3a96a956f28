package workspace

import (
	"os"
	"slices"
	"strings"
)

// CleanEnv returns the part of the agent's environment that a process gets:
// what finds programs, folders, caches and devices. Anything else stays out, API
// keys first of all.
func CleanEnv() []string {
	return pickEnv(
		[]string{
			"PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_CACHE_HOME", "NO_COLOR",
			"LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH",
			"GOMAXPROCS", "GOMEMLIMIT", "GOGC", "OMP_NUM_THREADS",
			"PJRT_PLUGIN", "PJRT_PLUGIN_LIBRARY_PATH", "VIRTUAL_ENV", "CONDA_PREFIX", "HF_HOME", "HF_HUB_CACHE",
		},
		[]string{"XLA_", "CUDA_", "NVIDIA_", "TF_"},
	)
}

// buildEnv returns what the go command needs besides: where it keeps and gets
// modules, and how C is compiled. Its proxies may hold passwords, so only the
// build gets them, never a candidate.
func buildEnv() []string {
	return pickEnv(
		[]string{
			"GOROOT", "GOPATH", "GOCACHE", "GOMODCACHE", "GOENV", "GOPROXY", "GONOPROXY", "GOPRIVATE",
			"GOSUMDB", "GONOSUMDB", "GOINSECURE", "GOVCS", "GOAUTH", "NETRC", "GOAMD64", "GOARM64", "GOTMPDIR",
			"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
			"SSL_CERT_FILE", "SSL_CERT_DIR", "XDG_CONFIG_HOME",
			"CC", "CXX", "AR", "PKG_CONFIG", "PKG_CONFIG_PATH", "SDKROOT", "DEVELOPER_DIR", "MACOSX_DEPLOYMENT_TARGET",
		},
		[]string{"CGO_"},
	)
}

func pickEnv(names, prefixes []string) []string {
	var picked []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		hasPrefix := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
		if slices.Contains(names, name) || slices.ContainsFunc(prefixes, hasPrefix) {
			picked = append(picked, variable)
		}
	}
	return picked
}
