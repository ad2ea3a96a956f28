package sandbox

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/workspace/secrets"
)

func TestPickEnvironment(t *testing.T) {
	got := PickEnvironment([]string{
		"PATH=/usr/bin:.:bin:/bin", "LD_LIBRARY_PATH=:/opt/lib:lib:/usr/lib", "HOME=/home/me", "XLA_FLAGS=--a=b", "CUDA_VISIBLE_DEVICES=0",
		"NVIDIA_VISIBLE_DEVICES=all", "TF_CPP_MIN_LOG_LEVEL=1", "HF_HOME=/home/me/hf",
		// by a prefix that a listed one has
		"NVIDIA_API_KEY=nvapi-a1b2c3d4e5f6", "NVIDIA_OTHER=1", "TF_TOKEN_app_terraform_io=a1b2c3d4e5", "TF_VAR_region=x", "TF_OTHER=1",
		"XLA_TOKEN=x", "XLA_OTHER=1", "CUDA_SECRET=1", "CUDA_OTHER=1", "HF_TOKEN=hf_x", "HOMEBREW=1", "PATHS=x", "path=x", "=x", "HOME",
		// values that hold what another variable says is secret, or a password
		"OPENAI_API_KEY=sk-a1b2c3d4e5", "TMPDIR=/tmp/sk-a1b2c3d4e5", "XDG_CACHE_HOME=https://me:pw@host/", "LANG=sk-a1b2 c3d4e5",
		"VIRTUAL_ENV=sk-proj-0123456789abcdef",
	}, allowed())
	want := []string{
		"PATH=/usr/bin:/bin", "LD_LIBRARY_PATH=/opt/lib:/usr/lib", "HOME=/home/me", "XLA_FLAGS=--a=b", "CUDA_VISIBLE_DEVICES=0",
		"NVIDIA_VISIBLE_DEVICES=all", "TF_CPP_MIN_LOG_LEVEL=1", "HF_HOME=/home/me/hf", "HOME",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAllowedAreNoSecrets holds the list to its own rule.
func TestAllowedAreNoSecrets(t *testing.T) {
	if i := slices.IndexFunc(allowed(), secrets.IsName); i >= 0 {
		t.Errorf("%s is allowed, and looks like a secret", allowed()[i])
	}
}
