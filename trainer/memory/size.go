package memory

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Parse reads a size such as 8GB, 512MB, 1.5GiB or a number of bytes.
func Parse(text string) (int64, error) {
	number, unit := strings.TrimSpace(text), 1.0
	for _, suffix := range []struct {
		name string
		size float64
	}{
		{"KiB", 1 << 10},
		{"MiB", 1 << 20},
		{"GiB", 1 << 30},
		{"TiB", 1 << 40},
		{"KB", 1e3},
		{"MB", 1e6},
		{"GB", 1e9},
		{"TB", 1e12},
		{"B", 1},
	} {
		if cut := len(number) - len(suffix.name); cut > 0 && strings.EqualFold(number[cut:], suffix.name) {
			number, unit = strings.TrimSpace(number[:cut]), suffix.size
			break
		}
	}
	value, err := strconv.ParseFloat(number, 64)
	if size := value * unit; err == nil && size >= 1 && size < math.MaxInt64 {
		return int64(size), nil
	}
	return 0, fmt.Errorf("%q is no size of memory; want one such as 8GB or 512MB", text)
}

// Format writes a size for a person.
func Format(bytes int64) string {
	if bytes < 1e9 {
		return fmt.Sprintf("%.0f MB", float64(bytes)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
}
