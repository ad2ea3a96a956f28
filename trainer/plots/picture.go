package plots

import (
	"fmt"
	"image/color"
	"io"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Size of a picture and of what it is made of.
const (
	width   = 24 * vg.Centimeter
	height  = 22 * vg.Centimeter
	margin  = 0.4 * vg.Centimeter
	columns = 2
	dpi     = 144
)

// Write draws the trainings that paths name, as [ReadSeries] reads them, into a
// file: an SVG by its name, else a PNG. The file is written whole or not at all.
func Write(paths []string, file string) (note string, err error) {
	all, note, err := ReadSeries(paths)
	if err != nil {
		return "", err
	}
	picture, err := Draw(all, strings.EqualFold(filepath.Ext(file), ".svg"))
	if err != nil {
		return "", err
	}
	pending, err := renameio.NewPendingFile(file, renameio.WithPermissions(0o644), renameio.WithExistingPermissions())
	if err != nil {
		return "", fmt.Errorf("write picture: %w", err)
	}
	defer func() { _ = pending.Cleanup() }() // does nothing once the file is in its place
	if _, err := picture.WriteTo(pending); err != nil {
		return "", fmt.Errorf("write picture: %w", err)
	}
	if err := pending.CloseAtomicallyReplace(); err != nil {
		return "", fmt.Errorf("write picture: %w", err)
	}
	return note, nil
}

// Draw makes a picture of trainings, as SVG or PNG.
func Draw(all []Series, svg bool) (io.WriterTo, error) {
	var charts [][]*plot.Plot
	for i, panel := range panels() {
		chart, err := panel.draw(all)
		if err != nil {
			return nil, err
		}
		if i%columns == 0 {
			charts = append(charts, nil)
		}
		charts[len(charts)-1] = append(charts[len(charts)-1], chart)
	}
	if svg {
		canvas := vgsvg.New(width, height)
		compose(draw.New(canvas), charts, all)
		return canvas, nil
	}
	canvas := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))
	compose(draw.New(canvas), charts, all)
	return vgimg.PngCanvas{Canvas: canvas}, nil
}

// compose draws the names of the trainings above all panels, where they cover
// nothing, and the panels.
func compose(canvas draw.Canvas, charts [][]*plot.Plot, all []Series) {
	canvas = draw.Crop(canvas, margin, -margin, margin, -margin)
	used := legend(canvas, all)
	canvas = draw.Crop(canvas, 0, 0, 0, -used)
	tiles := draw.Tiles{Rows: len(charts), Cols: columns, PadX: 0.8 * vg.Centimeter, PadY: 0.6 * vg.Centimeter}
	for row, canvases := range plot.Align(charts, tiles, canvas) {
		for column := range canvases {
			charts[row][column].Draw(canvases[column])
		}
	}
}

// legend writes the trainings' names in a line, or several, and says how much
// room they took.
func legend(canvas draw.Canvas, all []Series) vg.Length {
	const lineHeight, sample, gap = 14, 18, 16 // points
	style := text.Style{
		Color: color.Black, Font: font.From(plot.DefaultFont, 10), YAlign: draw.YCenter, Handler: plot.DefaultTextHandler,
	}
	x, y := canvas.Min.X, canvas.Max.Y-vg.Points(lineHeight/2)
	for i, series := range all {
		needed := vg.Points(sample+gap) + style.Width(series.Name)
		if x > canvas.Min.X && x+needed > canvas.Max.X {
			x, y = canvas.Min.X, y-vg.Points(lineHeight)
		}
		canvas.SetColor(seriesColor(i))
		canvas.SetLineWidth(vg.Points(2))
		canvas.StrokeLine2(draw.LineStyle{Color: seriesColor(i), Width: vg.Points(2)}, x, y, x+vg.Points(sample-5), y)
		canvas.FillText(style, vg.Point{X: x + vg.Points(sample), Y: y}, series.Name)
		x += needed
	}
	return canvas.Max.Y - y + vg.Points(lineHeight)
}
