//go:build cgo && !noxla && ((linux && (amd64 || arm64)) || (darwin && arm64))

package backend

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/pjrt"
)

// pluginBuild says that this program can load plugins.
const pluginBuild = true

// openPlugin opens an engine with a plugin's file and more of go-xla's options.
func openPlugin(engine, file string, options ...string) (compute.Backend, error) {
	if engine == CUDA {
		if err := setCUDAFolder(file); err != nil {
			return nil, err
		}
	}
	name, err := register(kindOf(engine), file, engine == Metal)
	if err != nil {
		return nil, err
	}
	opened, err := xla.NewWithOptions(strings.Join(append([]string{name, sharing(engine)}, options...), ","), clientOptions(file))
	if err != nil {
		return nil, err
	}
	if device := opened.DeviceDescription(0); !isDeviceOf(engine, device) {
		opened.Finalize()
		return nil, fmt.Errorf("it is no %s plugin: its device is %q", label(engine), device)
	}
	return opened, nil
}

// sharing is go-xla's option of letting the device use Go's memory as its own,
// which only the processor can.
func sharing(engine string) string {
	if engine == XLA {
		return "shared_buffers"
	}
	return "noshared_buffers"
}

// clientOptions are what metal-pjrt-core wants to be told. Other plugins refuse
// options that they don't know.
func clientOptions(file string) pjrt.NamedValuesMap {
	if filepath.Base(file) != "pjrt_c_api_mtl_plugin.dylib" {
		return nil
	}
	return pjrt.NamedValuesMap{
		"platform_name": "METAL", "allocator": "platform", "preallocate": false, "memory_fraction": float32(1),
		"visible_devices": []int64{0}, "should_stage_host_to_device_transfers": false,
	}
}

// isDeviceOf tells by a device's description whether it is the engine's. What
// Metal plugins call theirs isn't known; for them the self-test decides.
func isDeviceOf(engine, description string) bool {
	return engine == Metal || strings.Contains(strings.ToLower(description), kindOf(engine))
}

// setCUDAFolder tells XLA where the CUDA tools are that came with the plugin,
// unless XLA_FLAGS already says so. XLA reads the variable as it loads.
func setCUDAFolder(file string) error {
	const variable, flag = "XLA_FLAGS", "--xla_gpu_cuda_data_dir="
	flags := os.Getenv(variable)
	if strings.Contains(flags, flag) {
		return nil
	}
	folder := filepath.Dir(file) // GoMLX's installer: beside the plugin
	site := filepath.Dir(filepath.Dir(folder))
	for _, candidate := range []string{folder, filepath.Join(site, "nvidia/cu13"), filepath.Join(site, "nvidia/cuda_nvcc")} {
		if _, err := os.Stat(filepath.Join(candidate, "bin/ptxas")); err == nil {
			return os.Setenv(variable, strings.TrimSpace(flags+" "+flag+candidate))
		}
	}
	return nil
}

// Install fetches the CPU plugin, and the CUDA plugin where there is an NVIDIA
// GPU, by GoMLX's installer, which tells on stdout what it does.
func Install() error {
	err := xla.AutoInstall()
	if wheel := thisMachine().wheelHint(XLA); err != nil && wheel != "" {
		return fmt.Errorf("install plugin: %w; where that page can't be reached: %s", err, wheel)
	}
	if err != nil {
		return fmt.Errorf("install plugin: %w", err)
	}
	return nil
}
