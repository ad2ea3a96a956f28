package selftest

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend"
)

func TestCompareWithItself(t *testing.T) {
	backend, err := compute.NewWithConfig("go:ops_sequential")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	if err := Compare(backend, backend); err != nil {
		t.Error(err)
	}
	results, err := step(backend)
	if err != nil {
		t.Fatal(err)
	}
	if loss, want := float64(results[0][0]), math.Log(64); math.Abs(loss-want) > 1.5 {
		t.Errorf("the loss of random weights is %g, want about %g", loss, want)
	}
	for i, tensor := range architecture().Tensors() {
		var sum float64
		for _, value := range results[i+1] {
			sum += math.Abs(float64(value))
		}
		if !(sum > 0) {
			t.Errorf("the gradient of %s is 0 or not a number, so comparing it shows nothing", tensor.Name)
		}
	}
}

func TestNear(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name      string
		got, want []float32
		near      bool
	}{
		{"equal", []float32{1, -2}, []float32{1, -2}, true},
		{"within a thousandth of the largest", []float32{0.0015, 2}, []float32{0, 2}, true},
		{"beyond", []float32{0.0025, 2}, []float32{0, 2}, false},
		{"not a number", []float32{nan, 2}, []float32{0, 2}, false},
		{"all zero", []float32{0}, []float32{0}, true},
	} {
		if err := near(c.got, c.want); (err == nil) != c.near {
			t.Errorf("%s: near gives %v", c.name, err)
		}
	}
}
