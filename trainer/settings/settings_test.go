package settings_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/ternlab/ternlab/trainer/settings"
)

type rule struct {
	Share float64 `flag:"share" help:"a share"`
}

type common struct {
	Name string `flag:"name" help:"a name"`
}

type job struct {
	common
	Steps  int      `flag:"steps"`
	Tokens int      `flag:"tokens,omitempty"`
	Seed   uint64   `flag:"seed"`
	Racing bool     `flag:"racing"`
	Set    []string `flag:"set,omitempty"`
	Rule   rule     `flag:",inline"`
	Note   string   // no setting
}

func TestArgsAreReadBack(t *testing.T) {
	for _, want := range []job{
		{common: common{"a b"}, Steps: 3, Tokens: 7, Seed: 1 << 63, Set: []string{"A=1", "B=x,y"}, Rule: rule{0.125}},
		{Racing: true},
	} {
		got := job{Steps: 100, Racing: true, Rule: rule{0.5}}
		flags := pflag.NewFlagSet("job", pflag.ContinueOnError)
		settings.AddFlags(flags, &got)
		if err := flags.Parse(settings.Args(want)); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("read back %+v, want %+v", got, want)
		}
	}
}

func TestAddFlagsKeepsDefaultsAndHelp(t *testing.T) {
	given := job{common: common{"x"}, Steps: 100}
	flags := pflag.NewFlagSet("job", pflag.ContinueOnError)
	settings.AddFlags(flags, &given)
	if err := flags.Parse(nil); err != nil || given.Steps != 100 || given.Name != "x" {
		t.Errorf("without arguments it is %+v (%v)", given, err)
	}
	if help := flags.Lookup("name").Usage; help != "a name" {
		t.Errorf("help is %q", help)
	}
	if flags.Lookup("Note") != nil || flags.Lookup("") != nil {
		t.Error("a field without a tag has a flag")
	}
}

func TestArgsLeaveOutWhatIsEmpty(t *testing.T) {
	got := strings.Join(settings.Args(job{}), " ")
	if want := "--name= --steps=0 --seed=0 --racing=false --share=0"; got != want {
		t.Errorf("arguments are %s, want %s", got, want)
	}
}

func TestCompareAndFill(t *testing.T) {
	has := job{common: common{"x"}, Steps: 3, Rule: rule{0.5}, Note: "one"}
	asks := job{common: common{"x"}, Steps: 3, Rule: rule{0.25}, Note: "two"}
	if found, differ := settings.Compare(has, asks); !differ || found != (settings.Difference{Name: "share", Has: "0.5", Asks: "0.25"}) {
		t.Errorf("the difference is %+v, %t", found, differ)
	}
	asks.Steps, asks.Rule.Share = 9, 0.25
	settings.Fill(&asks, has, func(name string) bool { return name == "steps" })
	want := job{common: common{"x"}, Steps: 9, Rule: rule{0.5}, Note: "two"}
	if !reflect.DeepEqual(asks, want) {
		t.Errorf("filled in %+v, want %+v", asks, want)
	}
	has.Steps = 9
	if found, differ := settings.Compare(has, asks); differ {
		t.Errorf("they differ in %+v", found)
	}
}
