package describe_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/ternlab/ternlab/trainer/command/describe"
	"github.com/ternlab/ternlab/trainer/contract"
)

func TestDescribe(t *testing.T) {
	for name, want := range map[string]contract.Preset{
		"nano": {Name: "nano", Context: 128, MakesTexts: true},
		"smollm-135m": {
			Name: "smollm-135m", Context: 2048,
			TrainFiles: []string{filepath.Join("/data", "smollm-135m")}, EvalFiles: []string{filepath.Join("/data", "wikitext_eval.json")},
		},
	} {
		var out bytes.Buffer
		command := describe.New()
		command.SetOut(&out)
		command.SetArgs([]string{"--preset", name, "--data", "/data"})
		if err := command.Execute(); err != nil {
			t.Fatalf("describe %s: %v", name, err)
		}
		var got contract.Preset
		if err := json.Unmarshal(out.Bytes(), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is described as %+v (%v), want %+v", name, got, err, want)
		}
	}
	command := describe.New()
	command.SetOut(&bytes.Buffer{})
	command.SilenceErrors, command.SilenceUsage = true, true
	command.SetArgs([]string{"--preset", "big"})
	if err := command.Execute(); err == nil {
		t.Error("a preset that isn't in the table was described")
	}
}
