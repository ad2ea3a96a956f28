package progress_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ternlab/ternlab/trainer/progress"
)

func evaluation() progress.Event {
	return progress.Event{
		Kind: progress.Eval, Step: 25, Steps: 100,
		Lambda: new(0.05), TrainLoss: new(3.412), TrainPPL: new(30.3), EvalPPL: new(131.2), EvalBPB: new(2.31),
		LR: new(1e-5), TimeS: new(12.3), QNeg1: new(0.31), QZero: new(0.38), QPos1: new(0.31),
	}
}

func TestJSONRoundTrip(t *testing.T) {
	events := []progress.Event{
		{Kind: progress.Start, Steps: 100, Message: "nano, 0.4 M parameters"},
		{Kind: progress.Step, Step: 1, Steps: 100, TrainLoss: new(3.5)},
		evaluation(),
		{Kind: progress.Export, Step: 100, Steps: 100},
		{Kind: progress.Done, Step: 100, Steps: 100, TimeS: new(14.2)},
	}
	var out bytes.Buffer
	reporter := progress.NewJSON(&out)
	for _, e := range events {
		reporter.Report(e)
	}
	var got []progress.Event
	for line := range strings.Lines(out.String()) {
		e, err := progress.ParseEvent([]byte(line))
		if err != nil {
			t.Fatalf("ParseEvent(%s): %v", line, err)
		}
		got = append(got, e)
	}
	if diff := cmp.Diff(events, got); diff != "" {
		t.Errorf("events changed on the way (-written +read):\n%s", diff)
	}
}

func TestJSONLeavesOutWhatIsNotFinite(t *testing.T) {
	var out bytes.Buffer
	loss := math.NaN()
	progress.NewJSON(&out).Report(progress.Event{Kind: progress.Step, Step: 1, Steps: 2, TrainLoss: &loss, LR: new(math.Inf(1))})
	want := `{"kind":"step","step":1,"steps":2}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !math.IsNaN(loss) {
		t.Error("Report changed the caller's figure")
	}
}

func TestParseEventRefuses(t *testing.T) {
	tests := map[string]struct{ line, want string }{
		"junk":         {"loss: 3.2", "invalid character"},
		"empty":        {"", "unexpected end"},
		"no kind":      {`{"step":1,"steps":2}`, "no kind"},
		"other kind":   {`{"kind":"verdict","step":1,"steps":2}`, `unknown kind "verdict"`},
		"beyond steps": {`{"kind":"step","step":3,"steps":2}`, "step 3 is not in 0..2"},
		"negative":     {`{"kind":"step","step":-1,"steps":2}`, "step -1"},
		"huge":         {`{"kind":"start","steps":9000000000}`, "steps 9000000000"},
		"long":         {`{"kind":"start","message":"` + strings.Repeat("x", progress.MaxLine) + `"}`, "is longer than"},
		"not a number": {`{"kind":"step","train_loss":"low"}`, "cannot unmarshal"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := progress.ParseEvent([]byte(test.line))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestParseEventCleansTheMessage(t *testing.T) {
	e, err := progress.ParseEvent([]byte(`{"kind":"start","message":"a\u001b[2Jb\nc ` + strings.Repeat("é", 400) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	want := `a\u{1b}[2Jb c ` + strings.Repeat("é", 285) + "…"
	if diff := cmp.Diff(want, e.Message); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPlain(t *testing.T) {
	var out bytes.Buffer
	reporter := progress.NewPlain(&out)
	reporter.Report(progress.Event{Kind: progress.Start, Steps: 100, Message: "training nano"})
	reporter.Report(progress.Event{Kind: progress.Step, Step: 24, Steps: 100, Message: "not shown"})
	reporter.Report(evaluation())
	reporter.Report(progress.Event{Kind: progress.Eval, Step: 50, Steps: 100, EvalPPL: new(99.0)})
	reporter.Report(progress.Event{Kind: progress.Done, Step: 100, Steps: 100})
	want := `training nano
step 25/100  lambda 0.050  train_loss 3.412  train_ppl 30.3  eval_ppl 131.20  eval_bpb 2.310  lr 1.0e-05  12.3s  quant=[-1:0.31 0:0.38 +1:0.31]
step 50/100  eval_ppl 99.00
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// screen is what a terminal's last lines show after the output, where \r goes
// back to the start of the line and later text overwrites it.
func screen(output string) string {
	var lines []string
	for line := range strings.SplitSeq(output, "\n") {
		var shown []rune
		for part := range strings.SplitSeq(line, "\r") {
			runes := []rune(part)
			if len(runes) < len(shown) {
				runes = append(runes, shown[len(runes):]...)
			}
			shown = runes
		}
		lines = append(lines, strings.TrimRight(string(shown), " "))
	}
	return strings.Join(lines, "\n")
}

func TestBar(t *testing.T) {
	var out bytes.Buffer
	reporter := progress.NewBar(&out, 4)
	for step := 1; step <= 4; step++ {
		reporter.Report(progress.Event{Kind: progress.Step, Step: step, Steps: 4, TrainLoss: new(3.5)})
	}
	reporter.Report(progress.Event{Kind: progress.Eval, Step: 4, Steps: 4, EvalPPL: new(131.2)})
	want := " 100% |" + strings.Repeat("█", 20) + "| (4/4)   loss 3.50  ppl 131.2"
	if diff := cmp.Diff(want, screen(out.String())); diff != "" {
		t.Errorf("full bar (-want +got):\n%s", diff)
	}
	reporter.Report(progress.Event{Kind: progress.Done, Step: 4, Steps: 4})
	if got := screen(out.String()); got != "" {
		t.Errorf("after Done the line shows %q, want nothing", got)
	}
}

func TestBarSurvivesImpossibleSteps(t *testing.T) {
	var out bytes.Buffer
	reporter := progress.NewBar(&out, 0)
	reporter.Report(progress.Event{Kind: progress.Step, Step: 7, Steps: 9})
	reporter.Report(progress.Event{Kind: progress.Done})
	if got := screen(out.String()); got != "" {
		t.Errorf("after Done the line shows %q, want nothing", got)
	}
}

func TestTerminalKeepsEvaluationLines(t *testing.T) {
	var out bytes.Buffer
	reporter := progress.NewTerminal(&out, 100)
	reporter.Report(progress.Event{Kind: progress.Step, Step: 25, Steps: 100, TrainLoss: new(3.412)})
	reporter.Report(evaluation())
	reporter.Report(progress.Event{Kind: progress.Done, Step: 100, Steps: 100})
	if got, want := screen(out.String()), progress.EvalLine(evaluation())+"\n"; got != want {
		t.Errorf("screen shows %q, want %q", got, want)
	}
}

func FuzzParseEvent(f *testing.F) {
	f.Add([]byte(`{"kind":"step","step":1,"steps":100,"train_loss":3.5}`))
	f.Add([]byte(`{"kind":"start","steps":100,"message":"\u001b]0;x\u0007"}`))
	f.Add([]byte("junk"))
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := progress.ParseEvent(line)
		if err != nil {
			return
		}
		var out bytes.Buffer
		progress.NewJSON(&out).Report(e)
		again, err := progress.ParseEvent(out.Bytes())
		if err != nil {
			t.Fatalf("ParseEvent refuses what it read: %v", err)
		}
		if again.Kind != e.Kind || again.Step != e.Step || strings.ContainsAny(again.Message, "\x1b\n\r") {
			t.Errorf("read %+v, then %+v", e, again)
		}
	})
}
