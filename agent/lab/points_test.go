package lab

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadPoints(t *testing.T) {
	const header = "step\tlambda\ttrain_loss\ttrain_ppl\teval_ppl\teval_bpb\tlr\ttime_s\tbest_ppl\tq_neg1\tq_zero\tq_pos1\texperiment\tseed\tcommit\tstatus\tdescription\n"
	tests := map[string]struct {
		text  string
		steps []int
	}{
		"a table":     {header + "25\t\t3.5\t\t131.2\t\t\t\t\t\t\t\t\t1\t\t\t\n50\t\t3.4\t\t130\t\t\t\t\t\t\t\t\t1\t\t\t\n", []int{25, 50}},
		"made up":     {header + "-1\n0\n24\n25\n25\n50\n25\n60\n75\n999999\n", nil},
		"odd steps":   {header + "0\n24\n25\n25\n50\n25\n60\n75\n999999\n", []int{25, 50, 60}},
		"not a table": {"\x00\x01 anything at all", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "results.tsv")
			if err := os.WriteFile(file, []byte(test.text), 0o644); err != nil {
				t.Fatal(err)
			}
			points, err := readPoints(file, grid{25, 60, 60})
			if err != nil {
				t.Fatal(err)
			}
			var steps []int
			for _, point := range points {
				steps = append(steps, point.Step)
			}
			if diff := cmp.Diff(test.steps, steps); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
	if points, err := readPoints(filepath.Join(t.TempDir(), "results.tsv"), grid{25, 60, 60}); points != nil || err != nil {
		t.Errorf("no file: %v, %v; want neither points nor an error", points, err)
	}
}
