package table

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const rowHeader = "step\tlambda\ttrain_loss\ttrain_ppl\teval_ppl\teval_bpb\tlr\ttime_s\tbest_ppl\tq_neg1\tq_zero\tq_pos1\ttokens\tflops\texperiment\tseed\tcommit\tstatus\tdescription\n"

func TestWriteRowsMissingIsEmpty(t *testing.T) {
	var out bytes.Buffer
	rows := []Row{{Point: NewPoint(25), Experiment: NoExperiment, Seed: 7, Tokens: Missing(), FLOPs: Missing()}}
	if err := WriteRows(&out, rows); err != nil {
		t.Fatal(err)
	}
	want := rowHeader + "25" + strings.Repeat("\t", 15) + "7\t\t\t\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestReadRowsIsTolerant(t *testing.T) {
	point := NewPoint(25)
	point.EvalPPL = 131.2
	want := []Row{{Point: point, Experiment: 3, Seed: 1, Status: "keep", Tokens: Missing(), FLOPs: Missing(), Description: "a b"}}
	for name, text := range map[string]string{
		"other order":          "description\teval_ppl\tstatus\texperiment\tseed\tstep\na b\t131.2\tkeep\t3\t1\t25\n",
		"unknown columns":      "step\tnew\teval_ppl\texperiment\tseed\tstatus\tdescription\textra\n25\t?\t131.2\t3\t1\tkeep\ta b\t?\n",
		"more fields":          "step\teval_ppl\texperiment\tseed\tstatus\tdescription\n25\t131.2\t3\t1\tkeep\ta b\tx\ty\n",
		"nan, CRLF and blanks": "step\tlambda\teval_ppl\texperiment\tseed\tstatus\tdescription\r\n\r\n25\tnan\t131.2\t3\t1\tkeep\ta b\r\n\n",
		"no last line break":   "step\teval_ppl\texperiment\tseed\tstatus\tdescription\n25\t131.2\t3\t1\tkeep\ta b",
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadRows(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmp.Comparer(same)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The brief's twelve columns alone, and lines whose empty ends an editor took off.
func TestReadRowsFillsWhatIsNotThere(t *testing.T) {
	brief, _, found := strings.Cut(rowHeader, "\ttokens")
	if !found {
		t.Fatal("the header has no experiment")
	}
	brief += "\n25\t0.05\n"
	for name, text := range map[string]string{"brief": brief, "short line": rowHeader + "25\t0.05\n"} {
		got, err := ReadRows(strings.NewReader(text))
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: %v, %v", name, got, err)
		}
		if r := got[0]; r.Step != 25 || r.Lambda != 0.05 || r.EvalPPL.Valid() || r.Experiment != NoExperiment || r.Seed != 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
	for _, text := range []string{"", "\n", rowHeader} {
		if got, err := ReadRows(strings.NewReader(text)); err != nil || len(got) != 0 {
			t.Errorf("ReadRows(%q) = %v, %v", text, got, err)
		}
	}
}

func TestReadRowsRefuses(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"no step column":   {"lambda\n1\n", `line 1: header has no column "step"`},
		"a column twice":   {"step\tstep\n", `line 1: column "step" is there twice`},
		"a bad number":     {"step\tlambda\n1\t2\n3\tx\n", "line 3: column lambda"},
		"a bad step":       {"step\n1.5\n", "line 2: column step"},
		"a negative step":  {"step\n-1\n", "line 2: column step"},
		"a huge step":      {"step\n99999999999999999999\n", "line 2: column step"},
		"a bad seed":       {"step\tseed\n1\t-1\n", "line 2: column seed"},
		"an endless line":  {"step\n" + strings.Repeat("1", maxLine+1), "line 2: bufio.Scanner: token too long"},
		"a bad experiment": {"step\texperiment\n1\tx\n", "line 2: column experiment"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadRows(strings.NewReader(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWritersReportErrors(t *testing.T) {
	if err := WriteRows(fullDisk{}, nil); err == nil {
		t.Error("WriteRows to a full disk succeeded")
	}
}

func TestCell(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		"plain":                   "plain",
		" a\tb\r\nc\n":            "a b c",
		"x\x00y\x1b[31mz\u009b1m": `x\u{0}y\u{1b}[31mz\u{9b}1m`,
		"\xff\xfe":                `\xff\xfe`,
		"λ 500 → 100":             "λ 500 → 100",
		"a\u0085b\u2028c":         "a b c",
		"\t\n":                    "",
		"unicode\u00a0gap":        "unicode gap",
		"a\u202eb":                `a\u{202e}b`,
		"=cmd|'/C calc'!A0":       "'=cmd|'/C calc'!A0",
		"+1+cmd":                  "'+1+cmd",
		"-2+3":                    "'-2+3",
		"@SUM(1)":                 "'@SUM(1)",
		"\t=1+1":                  "'=1+1",
		"\r@a":                    "'@a",
		"\u00a0 =a":               "'=a",
		"\uff1d1+1":               "'\uff1d1+1",
		"\"never closed":          "'\"never closed",
		"'=1":                     "''=1",
		"-5":                      "-5",
		"+1e-3":                   "+1e-3",
		"- a list":                "'- a list",
		"'quoted'":                "'quoted'",
		"a = b":                   "a = b",
	} {
		got := Cell(text)
		if got != want {
			t.Errorf("Cell(%q) = %q, want %q", text, got, want)
		}
		if back := fromCell(got); Cell(back) != got {
			t.Errorf("fromCell(%q) = %q, which is written as %q", got, back, Cell(back))
		}
	}
}

// What was read once is written and read back the same.
func FuzzReadRows(f *testing.F) {
	f.Add([]byte(rowHeader + "25\t0.05\t3.4\t30\t131.2\t2.3\t1e-05\t12\t131.2\t0.3\t0.4\t0.3\t3\t1\tabc\tkeep\tcosine\n"))
	f.Add([]byte("step\tdescription\tx\n1\t\u2028a\xff\t3\n\n2"))
	f.Add([]byte("step\r\n1\r\n"))
	f.Add([]byte("step\tlambda\n0\t-inf\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, err := ReadRows(bytes.NewReader(text))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := WriteRows(&out, rows); err != nil {
			t.Fatal(err)
		}
		again, err := ReadRows(&out)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(rows, again, cmp.Comparer(same)); diff != "" {
			t.Fatal(diff)
		}
	})
}
