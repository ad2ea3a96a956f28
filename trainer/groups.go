package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ternlab/ternlab/trainer/llama"
)

// groupSizes are those that an exported model may have, besides whole rows.
// Smaller ones would count as more than ternary: their scales weigh too much.
func groupSizes() []int { return []int{256, 128, 64} }

// groupSize is the number of neighbouring weights that share a scale in rows of
// this length: the recipe's, where it fits, else the next smaller one that does.
func (t *Training) groupSize(row int) int {
	wanted, err := strconv.Atoi(t.GroupSize)
	if err != nil {
		return row
	}
	for _, size := range groupSizes() {
		if size <= wanted && row%size == 0 {
			return size
		}
	}
	return row
}

// checkGroups refuses a group size that no export may have and, unless they may
// fall back to another one, says which layers it doesn't fit.
func (t *Training) checkGroups() error {
	wanted, err := strconv.Atoi(t.GroupSize)
	if err != nil && t.GroupSize != "row" || err == nil && !slices.Contains(groupSizes(), wanted) {
		return fmt.Errorf("group size is %q, want 64, 128, 256 or row", t.GroupSize)
	}
	misfits := t.misfits()
	if len(misfits) == 0 || t.fallback {
		return nil
	}
	var parts []string
	for _, misfit := range misfits {
		parts = append(parts, misfit.String())
	}
	return fmt.Errorf("group size %s does not divide the rows of %s; use %s, or let these layers fall back to the next smaller size with --group-fallback",
		t.GroupSize, strings.Join(parts, " nor of "), strings.Join(t.fitting(), " or "))
}

// misfit is a length of rows that the group size doesn't divide.
type misfit struct {
	row    int
	layers []string // names within a layer
}

func (m misfit) String() string {
	return fmt.Sprintf("%s (rows of %d)", strings.Join(m.layers, ", "), m.row)
}

func (t *Training) misfits() []misfit {
	var found []misfit
	for _, tensor := range t.linears() {
		row := tensor.Shape[1]
		if size, err := strconv.Atoi(t.GroupSize); err != nil || row%size == 0 {
			continue
		}
		i := slices.IndexFunc(found, func(m misfit) bool { return m.row == row })
		if i < 0 {
			i, found = len(found), append(found, misfit{row: row})
		}
		found[i].layers = append(found[i].layers, strings.TrimSuffix(tensor.Name, ".weight"))
	}
	return found
}

// linears are the linear layers' weights, by their names within a layer.
func (t *Training) linears() []llama.Tensor {
	return slices.DeleteFunc(t.config.LayerTensors(), func(tensor llama.Tensor) bool { return !tensor.Linear })
}

// fitting are the group sizes that divide the rows of all layers.
func (t *Training) fitting() []string {
	fits := []string{"row"}
	for _, size := range groupSizes() {
		if !slices.ContainsFunc(t.linears(), func(tensor llama.Tensor) bool { return tensor.Shape[1]%size != 0 }) {
			fits = append(fits, strconv.Itoa(size))
		}
	}
	slices.Reverse(fits)
	return fits
}

// fallbacks says which layers take another group size than the recipe's.
func (t *Training) fallbacks() []string {
	var notes []string
	for _, misfit := range t.misfits() {
		size := "groups of " + strconv.Itoa(t.groupSize(misfit.row))
		if t.groupSize(misfit.row) == misfit.row {
			size = "one group per row"
		}
		notes = append(notes, fmt.Sprintf("group size %s does not divide %s: they have %s", t.GroupSize, misfit, size))
	}
	return notes
}
