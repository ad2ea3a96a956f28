package dataset

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/parquet-go/parquet-go"
)

// textColumn is the column that holds the rows' texts.
const textColumn = "text"

// Rows yields the texts of a parquet file in their order; a missing text is
// empty. Only one page of the column is in memory at a time. An error ends it.
func Rows(path string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := readRows(path, yield); err != nil {
			yield("", fmt.Errorf("read texts of %s: %w", path, err))
		}
	}
}

func readRows(path string, yield func(string, error) bool) error {
	content, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	information, err := content.Stat()
	if err != nil {
		return err
	}
	file, err := parquet.OpenFile(content, information.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return err
	}
	column, found := file.Schema().Lookup(textColumn)
	if !found || column.Node.Type().Kind() != parquet.ByteArray || column.Node.Repeated() {
		return fmt.Errorf("it has no column %q of texts", textColumn)
	}
	for _, group := range file.RowGroups() {
		goOn, err := readColumn(group.ColumnChunks()[column.ColumnIndex], yield)
		if err != nil || !goOn {
			return err
		}
	}
	return nil
}

// readColumn yields the values of one row group; goOn is false when no more are
// wanted.
func readColumn(chunk parquet.ColumnChunk, yield func(string, error) bool) (goOn bool, err error) {
	pages := chunk.Pages()
	defer func() { _ = pages.Close() }()
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		goOn, err := readPage(page, yield)
		parquet.Release(page)
		if err != nil || !goOn {
			return false, err
		}
	}
}

func readPage(page parquet.Page, yield func(string, error) bool) (goOn bool, err error) {
	values := make([]parquet.Value, 256)
	for reader := page.Values(); ; {
		n, err := reader.ReadValues(values)
		for _, value := range values[:n] {
			if !yield(string(value.ByteArray()), nil) { // a null is empty
				return false, nil
			}
		}
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}
