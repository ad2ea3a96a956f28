package main

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
)

// clip scales all gradients together so that their global norm is at most
// ClipNorm, and returns the norm before: Pascanu et al. 2013,
// https://arxiv.org/abs/1211.5063.
func (t *Training) clip(gradients []*Node) (clipped []*Node, norm *Node) {
	var squares *Node
	for _, gradient := range gradients {
		square := ReduceAllSum(Square(gradient)) // []
		if squares == nil {
			squares = square
		} else {
			squares = Add(squares, square)
		}
	}
	norm = Sqrt(squares)
	if t.ClipNorm == 0 {
		return gradients, norm
	}
	factor := MinScalar(MulScalar(Reciprocal(AddScalar(norm, 1e-6)), t.ClipNorm), 1) // []
	for _, gradient := range gradients {
		clipped = append(clipped, Mul(gradient, factor))
	}
	return clipped, norm
}

// adamW updates every weight: Loshchilov and Hutter 2019,
// https://arxiv.org/abs/1711.05101. Only the linear layers decay.
func (t *Training) adamW(scope *model.Scope, gradients []*Node, learningRate, step *Node) {
	const epsilon = 1e-8
	first := scope.At("adamw_first").WithInitializer(initializer.Zero)
	second := scope.At("adamw_second").WithInitializer(initializer.Zero)
	g := step.Graph()
	correction1 := OneMinus(Pow(Scalar(g, step.DType(), t.Beta1), step)) // []
	correction2 := OneMinus(Pow(Scalar(g, step.DType(), t.Beta2), step)) // []
	stepSize := Div(learningRate, correction1)                           // []
	rootCorrection := Sqrt(correction2)                                  // []

	for i, tensor := range t.config.Tensors() {
		gradient := gradients[i]
		meanVariable := first.VariableWithShape(tensor.Name, gradient.Shape())
		squareVariable := second.VariableWithShape(tensor.Name, gradient.Shape())
		mean := Add(MulScalar(meanVariable.NodeValue(g), t.Beta1), MulScalar(gradient, 1-t.Beta1))
		square := Add(MulScalar(squareVariable.NodeValue(g), t.Beta2), MulScalar(Square(gradient), 1-t.Beta2))
		meanVariable.SetNodeValue(mean)
		squareVariable.SetNodeValue(square)

		variable := scope.GetVariable(tensor.Name)
		weight := variable.NodeValue(g)
		update := Mul(stepSize, Div(mean, AddScalar(Div(Sqrt(square), rootCorrection), epsilon)))
		if tensor.Linear && t.WeightDecay > 0 {
			update = Add(update, MulScalar(Mul(learningRate, weight), t.WeightDecay))
		}
		variable.SetNodeValue(Sub(weight, update))
	}
}
