package checkpoint

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"csl/internal/count"
)

// NonFinite is a tensor with values that are NaN or infinite.
type NonFinite struct {
	// Name is the tensor's, Count how many of its values are not finite, and
	// Total how many it has.
	Name  string `json:"name"`
	Count int    `json:"count"`
	Total int    `json:"total"`
}

// NonFinite lists the tensors that the last Load read which have values that
// are not finite, by name. A model with such weights gives no sensible scores.
func (sd *StateDict) NonFinite() []NonFinite { return slices.Clone(sd.nonFinite) }

// noteNonFinite counts the values of a tensor that are not finite.
func (sd *StateDict) noteNonFinite(name string, data []float32) {
	n := 0
	for _, v := range data {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			n++
		}
	}
	if n == 0 {
		return
	}
	sd.mu.Lock()
	defer sd.mu.Unlock()
	sd.nonFinite = append(sd.nonFinite, NonFinite{name, n, len(data)})
	slices.SortFunc(sd.nonFinite, func(a, b NonFinite) int { return cmp.Compare(a.Name, b.Name) })
}

// DescribeNonFinite says in one line which tensors have values that are not
// finite, and how many; "" if there are none.
func DescribeNonFinite(list []NonFinite) string {
	if len(list) == 0 {
		return ""
	}
	values := 0
	var names []string
	for i, t := range list {
		values += t.Count
		if i < shown {
			names = append(names, fmt.Sprintf("%s: %d of %d", plain(t.Name), t.Count, t.Total))
		}
	}
	if len(list) > shown {
		names = append(names, "...")
	}
	return fmt.Sprintf("%s in %s not finite (%s)", count.Of(values, "value"), count.Of(len(list), "tensor")+are(values), strings.Join(names, ", "))
}

// are is the verb that follows a number of things.
func are(n int) string {
	if n == 1 {
		return " is"
	}
	return " are"
}
