package search

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// The priors, all of them normal in the logarithm.
const (
	lengthSpread = 1.7320508075688772 // of the lengths, √3
	signalSpread = 1.0
	noiseSpread  = 1.5 // where the noise isn't known
	knownSpread  = 0.5 // where it is: the measurement of it has noise of its own
)

// noiseGuess is the standard deviation of log eval_ppl that is expected where nothing
// is known.
const noiseGuess = 0.04

// fit finds the parameters that are likeliest by the observations and the priors, and
// conditions the process on them. noise is the standard deviation of one training's
// loss; 0: unknown.
func (p *process) fit(noise float64) error {
	prior := p.prior(noise)
	problem := optimize.Problem{
		Func: func(x []float64) float64 { return p.misfit(x, prior, nil) },
		Grad: func(grad, x []float64) { p.misfit(x, prior, grad) },
	}
	start := append([]float64(nil), prior.center...)
	for i := range p.space.knobs { // where the data has a say soon, rather than at the prior's mode
		start[i] = math.Log(startRelevance / float64(len(p.space.knobs)))
	}
	found, err := optimize.Minimize(problem, start, &optimize.Settings{MajorIterations: 60}, &optimize.LBFGS{})
	if found == nil {
		return fmt.Errorf("fit the model of the knobs: %w", err)
	} // else what was reached is good enough, however the search ended
	p.parameters = fromLogs(found.X)
	return p.condition()
}

const startRelevance = 4

// prior is where the logarithms of the parameters are expected: the relevances, the
// signal, the noise.
type prior struct{ center, spread []float64 }

func (p *process) prior(noise float64) prior {
	knobs := len(p.space.knobs)
	center, spread := make([]float64, knobs+2), make([]float64, knobs+2)
	for i := range knobs {
		center[i] = -2 * (math.Sqrt2 + math.Log(float64(knobs))/2)
		spread[i] = 2 * lengthSpread
	}
	center[knobs], spread[knobs] = 0, signalSpread
	width := knownSpread
	if noise <= 0 {
		noise, width = noiseGuess, noiseSpread
	}
	center[knobs+1], spread[knobs+1] = 2*math.Log(max(noise/p.spread, 1e-3)), 2*width
	return prior{center, spread}
}

func fromLogs(x []float64) parameters {
	n := len(x) - 2
	p := parameters{relevance: make([]float64, n), signal: math.Exp(x[n]), noise: math.Exp(x[n+1])}
	for i := range n {
		p.relevance[i] = math.Exp(x[i])
	}
	return p
}

// misfit is the negative logarithm of the posterior density of the parameters, whose
// logarithms x are, but for a constant. grad, if there is one, gets its gradient.
func (p *process) misfit(x []float64, prior prior, grad []float64) float64 {
	p.parameters = fromLogs(x)
	if err := p.condition(); err != nil {
		for i := range grad {
			grad[i] = 0
		}
		return math.Inf(1)
	}
	sum := mat.Dot(mat.NewVecDense(len(p.losses), p.losses), p.weights)/2 + p.factor.LogDet()/2
	for i := range x {
		z := (x[i] - prior.center[i]) / prior.spread[i]
		sum += z * z / 2
	}
	if grad != nil {
		p.slope(grad)
		for i := range x {
			grad[i] += (x[i] - prior.center[i]) / (prior.spread[i] * prior.spread[i])
		}
	}
	return sum
}

// slope is the gradient of the observations' part of the misfit by the logarithms of
// the parameters: half the trace of (K⁻¹ − wwᵀ)·dK.
func (p *process) slope(grad []float64) {
	n, knobs := len(p.points), len(p.space.knobs)
	var inverse mat.SymDense
	if err := p.factor.InverseTo(&inverse); err != nil {
		clear(grad)
		return
	}
	clear(grad)
	for i := range n {
		wi := p.weights.AtVec(i)
		own := (inverse.At(i, i) - wi*wi) / 2
		grad[knobs] += own * p.parameters.signal
		grad[knobs+1] += own * p.parameters.noise / p.seeds[i]
		for j := range i {
			pull := inverse.At(i, j) - wi*p.weights.AtVec(j)
			value, slope := matern52(p.between(p.points[i], p.points[j]))
			grad[knobs] += pull * p.parameters.signal * value
			for d := range knobs {
				grad[d] += pull * p.parameters.signal * slope * p.parameters.relevance[d] * p.space.apart(d, p.points[i], p.points[j])
			}
		}
	}
}
