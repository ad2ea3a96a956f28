package main

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// smallestScale keeps divisions finite where all weights of a group are 0.
const smallestScale = 1e-5

// quantize rounds a weight [out, in] to codes [out, in] in {-1, 0, +1} and
// scales [out, in/group]. It has no gradient of its own.
func (t *Training) quantize(weight *Node, companions []*Node) (codes, scales *Node) {
	weight = StopGradient(weight)
	out, in := weight.Shape().Dim(0), weight.Shape().Dim(1)
	size := t.groupSize(in)
	groups := Reshape(weight, out*in/size, size) // [groups, group]
	sizes := Abs(groups)                         // [groups, group]
	alpha := t.alpha(companions, out*in/size)    // [groups, 1], or nil

	threshold := t.reactivate(sizes, t.threshold(sizes, alpha)) // [groups, 1]
	alive := ConvertDType(GreaterThan(sizes, threshold), weight.DType())
	scale := t.scale(sizes, alive, alpha) // [groups, 1]
	codes = Mul(Sign(groups), alive)      // [groups, group]
	return Reshape(codes, out, in), Reshape(scale, out, in/size)
}

// threshold is the size up to which a weight becomes 0 [groups, 1], for groups of
// weights of these sizes [groups, group] and, if scales are learned, their alpha.
func (t *Training) threshold(sizes, alpha *Node) *Node {
	switch t.Scale {
	case "twn": // Ternary Weight Networks: Li et al. 2016, https://arxiv.org/abs/1605.04711
		return MulScalar(mean(sizes), 0.7)
	case "optimal": // what lies nearer to the scale than to 0 becomes the scale
		return MulScalar(optimalScale(sizes), 0.5)
	case "lsq":
		return MulScalar(alpha, lsqThreshold)
	case "seq":
		return MulScalar(alpha, seqThreshold)
	default:
		return MulScalar(t.scale(sizes, nil, nil), t.DeadZone)
	}
}

// scale is a group's size of the weights +1 and -1 [groups, 1]. Alive is 1 for
// weights that stay and 0 for those that become 0.
func (t *Training) scale(sizes, alive, alpha *Node) *Node {
	switch t.Scale {
	case "absmax":
		return MaxScalar(ReduceAndKeep(sizes, ReduceMax, -1), smallestScale)
	case "twn", "optimal": // the mean of the weights that stay is nearest to them
		count := MaxScalar(ReduceAndKeep(alive, ReduceSum, -1), 1)
		return MaxScalar(Div(ReduceAndKeep(Mul(sizes, alive), ReduceSum, -1), count), smallestScale)
	case "lsq":
		return alpha
	case "seq":
		return MulScalar(alpha, seqLevel)
	default: // absmean: BitNet b1.58
		return MaxScalar(mean(sizes), smallestScale)
	}
}

func mean(sizes *Node) *Node { return ReduceAndKeep(sizes, ReduceMean, -1) }

// optimalScale is the scale [groups, 1] with the smallest squared error that a
// group of weights of these sizes [groups, group] can have. If the k largest
// weights stay, their mean is the best scale and takes (Σ sizes)²/k off the error,
// so the best k is looked for.
func optimalScale(sizes *Node) *Node {
	g, dtype := sizes.Graph(), sizes.DType()
	sorted := sortDescending(sizes) // [groups, n], filled up with zeros
	n := sorted.Shape().Dim(1)
	counts := AddScalar(Iota(g, sorted.Shape(), 1), 1)                                          // 1, 2, … n in each row
	upTo := ConvertDType(LowerTriangular(g, n), dtype)                                          // [n, n]
	sums := DotGeneral(sorted, []int{1}, nil, upTo, []int{1}, nil)                              // [groups, n], of the k largest
	gains := Div(Square(sums), counts)                                                          // [groups, n]
	best := ConvertDType(Equal(gains, ReduceAndKeep(gains, ReduceMax, -1)), dtype)              // [groups, n]
	return MaxScalar(ReduceAndKeep(Mul(best, Div(sums, counts)), ReduceMax, -1), smallestScale) // [groups, 1]
}

// sortDescending sorts the rows of x [rows, length] of numbers not below 0 and
// fills them up with zeros to the next power of two. GoMLX's Sort doesn't run on
// the go backend; this is a bitonic sorting network (Batcher 1968) of operations
// that run everywhere.
func sortDescending(x *Node) *Node {
	rows, length := x.Shape().Dim(0), 1
	for length < x.Shape().Dim(1) {
		length *= 2
	}
	x = Pad(x, ScalarZero(x.Graph(), x.DType()), PadAxis{}, PadAxis{End: length - x.Shape().Dim(1)})
	for block := 2; block <= length; block *= 2 {
		for half := block / 2; half >= 1; half /= 2 {
			pairs := Reshape(x, rows, length/(2*half), 2, half)
			first := Slice(pairs, AxisRange(), AxisRange(), AxisElem(0)) // [rows, blocks, 1, half]
			second := Slice(pairs, AxisRange(), AxisRange(), AxisElem(1))
			if half == block/2 { // both halves are sorted: turned round, they fall and rise
				second = Reverse(second, 3)
			}
			x = Reshape(Concatenate([]*Node{Max(first, second), Min(first, second)}, 2), rows, length)
		}
	}
	return x
}

// dequantize multiplies codes [out, in] by the scales [out, groups] of their groups.
func dequantize(codes, scales *Node) *Node {
	out, in := codes.Shape().Dim(0), codes.Shape().Dim(1)
	groups := scales.Shape().Dim(1)
	grouped := Reshape(codes, out, groups, in/groups)
	return Reshape(Mul(grouped, InsertAxes(scales, -1)), out, in)
}
