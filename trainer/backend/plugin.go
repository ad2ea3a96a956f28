package backend

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Environment variables that name PJRT plugins: one file, or folders to search.
const (
	pluginFileVariable    = "PJRT_PLUGIN"
	pluginFoldersVariable = "PJRT_PLUGIN_LIBRARY_PATH"
)

// findPlugin resolves the CPU plugin's file. go-xla could search by name, but
// then it loads every file that looks like a plugin, and one that can't be
// loaded takes the process down; an absolute path fails with an error.
func findPlugin(getenv func(string) string, home string) (string, error) {
	if file := getenv(pluginFileVariable); file != "" {
		if _, err := os.Stat(file); err != nil {
			return "", fmt.Errorf("open the plugin that %s names: %w", pluginFileVariable, err)
		}
		return filepath.Abs(file)
	}
	folders := pluginFolders(getenv, home)
	for _, folder := range folders {
		for _, pattern := range []string{"pjrt_c_api_cpu*plugin.so", "pjrt_c_api_cpu*plugin.dylib"} {
			found, err := filepath.Glob(filepath.Join(folder, pattern))
			if err == nil && len(found) > 0 {
				return filepath.Abs(found[0])
			}
		}
	}
	return "", fmt.Errorf("find a PJRT CPU plugin (pjrt_c_api_cpu_plugin.so): none in %s; name its file in %s, or use --backend go",
		strings.Join(folders, ", "), pluginFileVariable)
}

// pluginFolders are those that GoMLX's installer writes to and its loader
// searches.
func pluginFolders(getenv func(string) string, home string) []string {
	if list := getenv(pluginFoldersVariable); list != "" {
		return filepath.SplitList(list)
	}
	return []string{
		filepath.Join(home, ".local", "lib", "go-xla"),
		filepath.Join(home, "Library", "Application Support", "go-xla"),
		"/usr/local/lib/go-xla",
	}
}
