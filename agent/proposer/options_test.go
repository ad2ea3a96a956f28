package proposer

import (
	"strings"
	"testing"
)

func TestNew(t *testing.T) {
	tests := []struct {
		name    string
		options Options
		want    string
		problem string
	}{
		{Auto, Options{}, "tpe", ""},
		{Auto, Options{APIKey: "key"}, "llm " + DefaultModel, ""},
		{Auto, Options{BaseURL: "http://localhost:1/v1", Model: "m"}, "llm m", ""},
		{Auto, Options{BaseURL: "http://localhost:1/v1"}, "llm", ""},
		{TPE, Options{APIKey: "key"}, "tpe", ""},
		{Random, Options{}, "random", ""},
		{LLM, Options{}, "", "set OPENAI_API_KEY"},
		{LLM, Options{BaseURL: "localhost:8080"}, "", "it looks like http://localhost:8080/v1"},
		{"human", Options{}, "", `no proposer "human"; there are auto, llm, gp, tpe and random`},
	}
	for _, test := range tests {
		p, err := New(test.name, test.options)
		switch {
		case test.problem != "":
			if err == nil || !strings.Contains(err.Error(), test.problem) || p != nil {
				t.Errorf("%s: %v %v", test.name, p, err)
			}
		case err != nil || p.Name() != test.want:
			t.Errorf("%s: %v %v", test.name, p, err)
		}
	}
	t.Setenv("OPENAI_API_KEY", "k")
	t.Setenv("OPENAI_BASE_URL", "u")
	if got := OptionsFromEnvironment(); got.APIKey != "k" || got.BaseURL != "u" {
		t.Errorf("%+v", got)
	}
}
