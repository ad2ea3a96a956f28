package build

import (
	"os"
	"slices"
	"strings"

	"github.com/ternlab/ternlab/workspace/sandbox"
)

// buildEnv returns what the go command needs besides the clean environment: where
// it keeps and gets modules, and how C is compiled. Its proxies may hold passwords,
// so only builds of what the user has committed get them, never one of a candidate.
func buildEnv() []string {
	env := candidateBuildEnv()
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if slices.Contains(fetching(), name) {
			env = append(env, variable)
		}
	}
	return env
}

// fetching are the variables by which the go command fetches modules.
func fetching() []string {
	return []string{
		"GOPROXY", "GONOPROXY", "GOPRIVATE", "GOSUMDB", "GONOSUMDB", "GOINSECURE", "GOVCS", "GOAUTH", "NETRC",
		"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
	}
}

// candidateBuildEnv returns what a build without a network needs.
func candidateBuildEnv() []string {
	return sandbox.PickEnvironment(os.Environ(), []string{
		"GOROOT", "GOPATH", "GOCACHE", "GOMODCACHE", "GOENV", "GOAMD64", "GOARM64", "GOTMPDIR", "XDG_CONFIG_HOME",
		"CC", "CXX", "AR", "PKG_CONFIG", "PKG_CONFIG_PATH", "SDKROOT", "DEVELOPER_DIR", "MACOSX_DEPLOYMENT_TARGET",
		"CGO_ENABLED", "CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_FFLAGS", "CGO_LDFLAGS", "CGO_CFLAGS_ALLOW", "CGO_CFLAGS_DISALLOW",
		"CGO_LDFLAGS_ALLOW", "CGO_LDFLAGS_DISALLOW",
	})
}
