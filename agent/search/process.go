package search

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Observation is a recipe that was measured.
type Observation struct {
	Recipe Recipe
	Loss   float64 // What is to be low, such as log eval_ppl.
	Seeds  int     // How many trainings the loss is the mean of.
}

// process is a Gaussian process that was fitted to observations. Losses are in units
// of their own spread inside it.
type process struct {
	space        Space
	points       [][]float64
	seeds        []float64
	losses       []float64 // standardised
	mean, spread float64   // of the losses as they were
	parameters   parameters

	factor  mat.Cholesky
	weights *mat.VecDense // the covariance's inverse times the losses
}

// parameters are what is fitted.
type parameters struct {
	relevance []float64 // by knob: one over the squared length on which the loss changes
	signal    float64   // variance of the loss over the space
	noise     float64   // variance of one training's loss
}

// newProcess standardises the observations; it isn't fitted yet.
func newProcess(space Space, observations []Observation) *process {
	p := &process{space: space}
	for _, o := range observations {
		p.points = append(p.points, space.point(o.Recipe))
		p.seeds = append(p.seeds, float64(max(1, o.Seeds)))
		p.losses = append(p.losses, o.Loss)
	}
	p.mean, p.spread = stat.MeanStdDev(p.losses, nil)
	if !(p.spread > 0) {
		p.spread = 1
	}
	for i := range p.losses {
		p.losses[i] = (p.losses[i] - p.mean) / p.spread
	}
	return p
}

// matern52 is the Matérn kernel with ν = 5/2 at a squared distance, and its
// derivative by that.
func matern52(squared float64) (value, slope float64) {
	r := math.Sqrt(5 * squared)
	e := math.Exp(-r)
	return (1 + r + r*r/3) * e, -5. / 6 * (1 + r) * e
}

// between is the squared distance of two points, each knob counted by its relevance.
func (p *process) between(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += p.parameters.relevance[i] * p.space.apart(i, a, b)
	}
	return sum
}

// condition makes the process ready to predict with its parameters.
func (p *process) condition() error {
	n := len(p.points)
	covariance := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i {
			k, _ := matern52(p.between(p.points[i], p.points[j]))
			covariance.SetSym(i, j, p.parameters.signal*k)
		}
		covariance.SetSym(i, i, p.parameters.signal+p.parameters.noise/p.seeds[i]+jitter)
	}
	if !p.factor.Factorize(covariance) {
		return errors.New("the observations' covariance is not positive definite")
	}
	p.weights = mat.NewVecDense(n, nil)
	return p.factor.SolveVecTo(p.weights, mat.NewVecDense(n, p.losses))
}

// jitter keeps the covariance of equal points invertible.
const jitter = 1e-6

// predict is the expected loss at a point and its standard deviation, without the
// noise of a training, in standardised units.
func (p *process) predict(point []float64) (mean, deviation float64) {
	n := len(p.points)
	near := mat.NewVecDense(n, nil)
	for i := range n {
		k, _ := matern52(p.between(point, p.points[i]))
		near.SetVec(i, p.parameters.signal*k)
	}
	mean = mat.Dot(near, p.weights)
	solved := mat.NewVecDense(n, nil)
	if err := p.factor.SolveVecTo(solved, near); err != nil {
		return mean, math.Sqrt(p.parameters.signal) // nearly singular: as if nothing were known
	}
	return mean, math.Sqrt(max(p.parameters.signal-mat.Dot(near, solved), 1e-10))
}
