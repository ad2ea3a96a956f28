package assemble

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ternlab/ternlab/trainer/prepare"
)

// Whatever a plan says, files stay where they belong.
func FuzzParsePlan(f *testing.F) {
	spec, err := prepare.FindSpec(prepare.SmolLM)
	if err != nil {
		f.Fatal(err)
	}
	const file = `{"kind":"models","id":"HuggingFaceTB/SmolLM-135M","commit":"c","name":"NAME","size":1,"checksum":"x"}`
	var files []string
	for _, name := range []string{"config.json", "model.safetensors", "tokenizer.json"} {
		files = append(files, strings.Replace(file, "NAME", name, 1))
	}
	good := `{"model":{"revision":"main","files":[` + strings.Join(files, ",") + `]}}`
	if p := parsePlan([]byte(good), spec); len(p.Model.Files) != 3 {
		f.Fatalf("a good plan was read as %+v", p)
	}
	f.Add([]byte(good))
	f.Add([]byte(strings.Replace(good, "config.json", "../../config.json", 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		p := parsePlan(data, spec)
		for _, part := range p.parts(spec) {
			for _, file := range part.source.Files {
				if !filepath.IsLocal(file.Name) || file.ID != part.repository || file.Size < 0 {
					t.Errorf("accepted %+v", file)
				}
			}
		}
	})
}

func FuzzParseState(f *testing.F) {
	wanted := prepare.TrainInfo{TokenBytes: 2, Tokenizer: "t", Requested: 100, Seed: 1}
	good, err := json.Marshal(state{Text: wanted, File: 1, Stories: 2, Tokens: 3, Documents: 4})
	if err != nil {
		f.Fatal(err)
	}
	if s, ok := parseState(good, wanted); !ok || s.Stories != 2 {
		f.Fatalf("a good state was read as %+v, %v", s, ok)
	}
	f.Add(good)
	f.Add([]byte(strings.Replace(string(good), `"seed":1`, `"seed":2`, 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, ok := parseState(data, wanted)
		if s.File < 0 || s.Stories < 0 || s.Tokens < 0 || !sameText(s.Text, wanted) || !ok && s.Tokens != 0 {
			t.Errorf("read as %+v, %v", s, ok)
		}
	})
}
