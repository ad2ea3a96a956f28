package verdict

import (
	"math"
	"testing"
)

// At differences of 2 % the simulation of docs/judge.md finds 3 % in half of all cases
// and 5 % in more than nine of ten, so what is found four times in five lies between.
func TestForecast(t *testing.T) {
	noise := func(single, residual float64) Noise {
		return Noise{Single: Spread{Squares: 8 * single * single, DF: 8}, Residual: Spread{Squares: 8 * residual * residual, DF: 8}}
	}
	forecast, ok := sequential(8).Forecast(noise(0.05, 0.01414))
	if !ok || forecast.Gain < 0.035 || forecast.Gain > 0.05 || math.Abs(forecast.Differences-0.02) > 1e-4 {
		t.Errorf("at differences of 2 %%: %+v, %v", forecast, ok)
	}
	calmer, ok := sequential(8).Forecast(noise(0.05, 0.0021))
	if !ok || calmer.Gain >= forecast.Gain/3 {
		t.Errorf("at differences of 0.3 %%: %+v, %v", calmer, ok)
	}
	if more, ok := sequential(12).Forecast(noise(0.05, 0.01414)); !ok || more.Gain >= forecast.Gain {
		t.Errorf("with 12 seeds: %+v, %v", more, ok)
	}
	if forecast, ok := sequential(8).Forecast(Noise{}); ok {
		t.Errorf("without any noise known: %+v", forecast)
	}
	if forecast, ok := (Rule{Name: RuleBrief, MaxSeeds: 1}).Forecast(noise(0.05, 0.01414)); ok {
		t.Errorf("under the brief's rule: %+v", forecast)
	}
}
