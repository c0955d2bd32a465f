package metric

import (
	"cmp"
	"fmt"
	"slices"
)

// Group is a set of classes of similar frequency.
type Group struct {
	From    int      `json:"from"`        // the smallest number of annotations in it
	To      int      `json:"to"`          // and the largest
	Classes int      `json:"classes"`     // with an average precision
	MAP     *float64 `json:"map_partial"` // their mAP on annotated cells, percent
}

// Groups sorts the classes that have an average precision by the number of their annotations and cuts
// them into n groups of equal size (to within one class), the rarest first. annotations holds a number
// per class in class order, usually of the training set.
func (r *Report) Groups(annotations []int, n int) ([]Group, error) {
	if len(annotations) != len(r.PerClass) || n < 1 {
		return nil, fmt.Errorf("metric: %d groups by annotations of %d classes in a report of %d", n, len(annotations), len(r.PerClass))
	}
	var order []int
	for i := range r.PerClass {
		if r.PerClass[i].AP != nil {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(annotations[a], annotations[b]) })
	groups := make([]Group, n)
	for g := range groups {
		part := order[g*len(order)/n : (g+1)*len(order)/n]
		if len(part) == 0 {
			continue
		}
		sum := 0.0
		for _, c := range part {
			sum += *r.PerClass[c].AP
		}
		groups[g] = Group{annotations[part[0]], annotations[part[len(part)-1]], len(part), ratio(sum, len(part))}
	}
	return groups, nil
}
