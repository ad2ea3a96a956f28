package dataset_test

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"github.com/ternlab/ternlab/trainer/prepare/dataset"
)

// write makes a parquet file of many small row groups.
func write[T any](t *testing.T, codec compress.Codec, rows []T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.parquet")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	writer := parquet.NewGenericWriter[T](file, parquet.Compression(codec), parquet.MaxRowsPerRowGroup(100))
	if _, err := writer.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func collect(t *testing.T, rows iter.Seq2[string, error]) []string {
	t.Helper()
	var all []string
	for row, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	return all
}

type plain struct {
	Text string `parquet:"text"`
}

// dictionary is how Hugging Face's writers store texts: optional, with a
// dictionary; here between other columns.
type dictionary struct {
	ID    int64    `parquet:"id"`
	Text  *string  `parquet:"text,optional,dict"`
	Words []string `parquet:"words,list"`
}

func TestRows(t *testing.T) {
	var want []string
	var plains []plain
	var dictionaries []dictionary
	for i := range 1000 {
		text := fmt.Sprintf("Row %d of %s.\n", i, strings.Repeat("Höhe ", i%7))
		if i%10 == 3 {
			text = ""
		}
		want = append(want, text)
		plains = append(plains, plain{text})
		row := dictionary{ID: int64(i), Text: &text, Words: []string{"a", "b"}}
		if text == "" && i%20 == 3 {
			row.Text = nil
		}
		dictionaries = append(dictionaries, row)
	}
	for name, path := range map[string]string{
		"plain":      write(t, &parquet.Uncompressed, plains),
		"snappy":     write(t, &parquet.Snappy, plains),
		"zstd":       write(t, &parquet.Zstd, plains),
		"dictionary": write(t, &parquet.Snappy, dictionaries),
	} {
		if diff := cmp.Diff(want, collect(t, dataset.Rows(path))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestRowsStopsWhenAsked(t *testing.T) {
	count := 0
	for range dataset.Rows(write(t, &parquet.Snappy, make([]plain, 500))) {
		if count++; count == 7 {
			break
		}
	}
	if count != 7 {
		t.Errorf("%d rows, want 7", count)
	}
}

func TestRowsRefuses(t *testing.T) {
	junk := filepath.Join(t.TempDir(), "junk.parquet")
	if err := os.WriteFile(junk, []byte("PAR1 this is no parquet file PAR1"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"missing": filepath.Join(t.TempDir(), "missing.parquet"),
		"junk":    junk,
		"no text": write(t, &parquet.Snappy, []struct{ Story string }{{"x"}}),
		"numbers": write(t, &parquet.Snappy, []struct {
			Text int64 `parquet:"text"`
		}{{1}}),
		"several a row": write(t, &parquet.Snappy, []struct {
			Text []string `parquet:"text"`
		}{{[]string{"x"}}}),
		"text is a group": write(t, &parquet.Snappy, []struct {
			Text plain `parquet:"text"`
		}{{}}),
	} {
		failed := false
		for _, err := range dataset.Rows(path) {
			failed = failed || err != nil && strings.Contains(err.Error(), path)
		}
		if !failed {
			t.Errorf("%s: no error that names the file", name)
		}
	}
}

// numbers yields 0 to n-1 and keeps count.
func numbers(n int, read *int) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for i := range n {
			*read++
			if !yield(fmt.Sprint(i), nil) {
				return
			}
		}
	}
}

func shuffled(t *testing.T, n, buffer int, seed uint64) []string {
	t.Helper()
	read := 0
	return collect(t, dataset.Shuffle(numbers(n, &read), buffer, rand.New(rand.NewPCG(seed, 0))))
}

func TestShuffleDependsOnTheSeedAlone(t *testing.T) {
	first := shuffled(t, 1000, 100, 1)
	if !slices.Equal(first, shuffled(t, 1000, 100, 1)) {
		t.Error("the same seed gave another order")
	}
	if slices.Equal(first, shuffled(t, 1000, 100, 2)) {
		t.Error("another seed gave the same order")
	}
	read := 0
	straight := collect(t, numbers(1000, &read))
	if slices.Equal(first, straight) {
		t.Error("the order is the file's")
	}
	slices.Sort(first)
	slices.Sort(straight)
	if diff := cmp.Diff(straight, first); diff != "" {
		t.Errorf("rows were lost or doubled (-want +got):\n%s", diff)
	}
}

func TestShuffleHoldsNoMoreThanItsBuffer(t *testing.T) {
	const buffer = 50
	read, yielded, most := 0, 0, 0
	for _, err := range dataset.Shuffle(numbers(2000, &read), buffer, rand.New(rand.NewPCG(1, 0))) {
		if err != nil {
			t.Fatal(err)
		}
		yielded++
		most = max(most, read-yielded)
	}
	if most > buffer {
		t.Errorf("%d rows were held, want at most %d", most, buffer)
	}
}

func TestShuffleOfFewRows(t *testing.T) {
	for _, n := range []int{0, 1, 5, 10} {
		if got := shuffled(t, n, 10, 3); len(got) != n {
			t.Errorf("%d of %d rows", len(got), n)
		}
	}
}

func TestShufflePassesErrorsOn(t *testing.T) {
	failed := false
	for _, err := range dataset.Shuffle(dataset.Rows("/no/such/file"), 10, rand.New(rand.NewPCG(1, 0))) {
		failed = failed || err != nil
	}
	if !failed {
		t.Error("no error")
	}
}
