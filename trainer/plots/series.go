package plots

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/ternlab/ternlab/results/table"
	"github.com/ternlab/ternlab/trainer/layers"
)

// Series is one training.
type Series struct {
	Name   string
	Points []table.Point
	Layers []layers.Row // lines for all layers together; nil where there is no layers.tsv
}

// mostSeries is how many trainings a picture can tell apart.
const mostSeries = 8

// ReadSeries reads the trainings that paths name: folders of a run, or their
// results.tsv. Of an agent's table with many experiments, the kept ones become a
// series each, the last few of them; note says so.
func ReadSeries(paths []string) (all []Series, note string, err error) {
	for _, path := range paths {
		file := path
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			file = filepath.Join(path, "results.tsv")
		}
		rows, err := readRows(file)
		if err != nil {
			return nil, "", err
		}
		series := split(name(file), rows)
		if len(series) == 0 {
			return nil, "", fmt.Errorf("%s has no evaluations yet", file)
		}
		if len(series) == 1 {
			if series[0].Layers, err = readLayers(filepath.Join(filepath.Dir(file), layers.FileName)); err != nil {
				return nil, "", err
			}
		}
		all = append(all, series...)
	}
	if left := len(all) - mostSeries; left > 0 {
		note = fmt.Sprintf("%d trainings are too many for one picture; the last %d are drawn", len(all), mostSeries)
		all = all[left:]
	}
	tellApart(all, paths)
	return all, note, nil
}

// name is that of the folder that a results.tsv lies in.
func name(file string) string {
	absolute, err := filepath.Abs(file)
	if err != nil {
		return file
	}
	return filepath.Base(filepath.Dir(absolute))
}

// tellApart gives trainings of the same name the paths that they came from.
func tellApart(all []Series, paths []string) {
	seen := map[string]bool{}
	for _, series := range all {
		if seen[series.Name] && len(all) == len(paths) {
			for i := range all {
				all[i].Name = paths[i]
			}
			return
		}
		seen[series.Name] = true
	}
}

// split makes a series of each kept experiment, or of a training by hand.
func split(name string, rows []table.Row) []Series {
	var all []Series
	var numbers []int
	for _, row := range rows {
		if row.Experiment != table.NoExperiment && row.Status != table.StatusKept {
			continue
		}
		if at := slices.Index(numbers, row.Experiment); at >= 0 {
			all[at].Points = append(all[at].Points, row.Point)
			continue
		}
		series := Series{Name: name, Points: []table.Point{row.Point}}
		if row.Experiment != table.NoExperiment {
			series.Name = fmt.Sprintf("%s #%d", name, row.Experiment)
		}
		numbers, all = append(numbers, row.Experiment), append(all, series)
	}
	return all
}

func readRows(file string) ([]table.Row, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	defer func() { _ = f.Close() }()
	rows, err := table.ReadRows(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return rows, nil
}

// readLayers reads the lines for all layers together, if the file is there.
func readLayers(file string) ([]layers.Row, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read layers: %w", err)
	}
	defer func() { _ = f.Close() }()
	rows, err := layers.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return slices.DeleteFunc(rows, func(row layers.Row) bool { return row.Layer != layers.All }), nil
}
