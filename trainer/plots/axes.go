package plots

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// extent is the room that a panel's curves take.
type extent struct{ left, right, low, high float64 }

func (e *extent) include(points plotter.XYs) {
	for _, p := range points {
		e.left, e.right = min(e.left, p.X), max(e.right, p.X)
		e.low, e.high = min(e.low, p.Y), max(e.high, p.Y)
	}
}

// apply sets the axes so that the curves have air around them.
func (e extent) apply(chart *plot.Plot, log bool) {
	if e.right < e.left { // nothing was drawn
		chart.X.Min, chart.X.Max, chart.Y.Min, chart.Y.Max = 0, 1, 0, 1
		chart.X.Tick.Marker, chart.Y.Tick.Marker = plot.ConstantTicks{}, plot.ConstantTicks{}
		chart.Title.Text += ": not recorded"
		return
	}
	chart.X.Min, chart.X.Max = min(0, e.left), e.right+max(1, e.right)*0.06
	chart.X.Tick.Marker = plot.TickerFunc(wholeTicks)
	if log && e.low > 0 && e.high > 10*e.low {
		chart.Y.Scale, chart.Y.Tick.Marker = plot.LogScale{}, plot.TickerFunc(logTicks)
		chart.Y.Min, chart.Y.Max = e.low/1.2, e.high*1.4
		return
	}
	air := (e.high - e.low) * 0.08
	if air == 0 { // a constant stands in the middle of 0 and twice itself
		air = max(math.Abs(e.high), 1e-9)
	}
	chart.Y.Min, chart.Y.Max = e.low-air, e.high+air
	if e.low >= 0 && chart.Y.Min < 0 {
		chart.Y.Min = 0
	}
	chart.Y.Tick.Marker = plot.TickerFunc(plainTicks)
}

// plainTicks are at most six multiples of 1, 2 or 5 times a power of ten.
func plainTicks(low, high float64) []plot.Tick {
	step := math.Pow(10, math.Floor(math.Log10((high-low)/5)))
	for _, factor := range []float64{1, 2, 5, 10} {
		if (high-low)/(step*factor) <= 6 {
			step *= factor
			break
		}
	}
	var ticks []plot.Tick
	for i := math.Ceil(low / step); i*step <= high; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: short(i * step)})
	}
	return ticks
}

// wholeTicks are those of plainTicks that are whole numbers.
func wholeTicks(low, high float64) []plot.Tick {
	var whole []plot.Tick
	for _, tick := range plainTicks(low, high) {
		if tick.Value == math.Trunc(tick.Value) {
			whole = append(whole, tick)
		}
	}
	return whole
}

// logTicks are 1, 2 and 5 times the powers of ten.
func logTicks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for power := math.Pow(10, math.Floor(math.Log10(low))); power <= high; power *= 10 {
		for _, value := range []float64{power, 2 * power, 5 * power} {
			if value >= low && value <= high {
				ticks = append(ticks, plot.Tick{Value: value, Label: short(value)})
			}
		}
	}
	return ticks
}

// short writes a tick's value without the noise of binary fractions.
func short(value float64) string {
	return strconv.FormatFloat(value, 'g', 4, 64)
}
