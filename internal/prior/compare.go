package prior

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sort"

	"csl/internal/labels"
)

// Agreement says how well an order of classes fits the true one.
type Agreement struct {
	Spearman float64 // rank correlation, -1 to 1; NaN (in JSON null) if either side is constant
	// Overlap is how many of the true top are in this one's top. Where equal values straddle the end
	// of a top list it is the mean over all orders of them: no order of equals is better than another.
	Overlap float64
	Wide    float64 // the same for a top twice as long
	Sum     float64 // labels per image
	Error   float64 // mean absolute error of a class's share of the images
}

// MarshalJSON writes {"spearman":…,"overlap":…,"overlap_wide":…,"labels_per_image":…,"error":…}.
func (a Agreement) MarshalJSON() ([]byte, error) {
	var rho *float64
	if !math.IsNaN(a.Spearman) {
		rho = &a.Spearman
	}
	return json.Marshal(struct {
		Spearman *float64 `json:"spearman"`
		Overlap  float64  `json:"overlap"`
		Wide     float64  `json:"overlap_wide"`
		Sum      float64  `json:"labels_per_image"`
		Error    float64  `json:"error"`
	}{rho, a.Overlap, a.Wide, a.Sum, a.Error})
}

// Comparison is an estimated prior, and the naive count of annotated
// positives, each against full annotations.
type Comparison struct {
	Top       int        `json:"top"`            // size of the compared top lists
	True      float64    `json:"true_labels"`    // labels per image in the full annotations
	Estimated Agreement  `json:"estimated"`      // of the estimate with the truth
	Mean      *Agreement `json:"mean,omitempty"` // of the mean score, where the estimate is not it
	Naive     Agreement  `json:"naive"`          // of counted positives with the truth
}

// Compare sets p and the naive count of positives in partial against the
// positives in full. All three have the same classes in the same order; top is
// the length of the compared top lists (10 in the paper), cut to the number of
// classes.
func Compare(p *Prior, full, partial *labels.Set, top int) (Comparison, error) {
	for i, s := range []*labels.Set{full, partial} {
		if !slices.Equal(p.Classes, s.ClassNames()) {
			return Comparison{}, fmt.Errorf("compare prior: the %s annotations have another class list (%d classes, the prior has %d)",
				[...]string{"full", "partial"}[i], s.NumClasses(), len(p.Classes))
		}
	}
	top = min(top, len(p.Classes))
	truth := positives(full)
	c := Comparison{Top: top, Estimated: agree(widen(p.Avg), truth, top), Naive: agree(positives(partial), truth, top)}
	for _, v := range truth {
		c.True += v
	}
	return c, nil
}

func widen(values []float32) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}

// positives are the shares of the images that are labelled with each class.
func positives(s *labels.Set) []float64 {
	var out []float64
	for _, c := range s.Stats().Classes {
		out = append(out, float64(c.Positives)/float64(max(1, s.Len())))
	}
	return out
}

func agree(a, truth []float64, top int) Agreement {
	out := Agreement{Spearman: Spearman(a, truth), Overlap: overlap(a, truth, top), Wide: overlap(a, truth, 2*top)}
	for c := range a {
		out.Sum += a[c]
		out.Error += math.Abs(a[c]-truth[c]) / float64(len(a))
	}
	return out
}

// overlap is how many of the true top are in this one's.
func overlap(a, truth []float64, top int) (n float64) {
	mine, best := membership(a, min(top, len(a))), membership(truth, min(top, len(a)))
	for c := range mine {
		n += mine[c] * best[c]
	}
	return n
}

// membership is the chance of each class to be among the top ones, equal values being in random
// order: 1 above the last value that makes it, 0 below, and a share of the places left for those
// that have it.
func membership(values []float64, top int) []float64 {
	out := make([]float64, len(values))
	if top <= 0 {
		return out
	}
	falling := slices.Clone(values)
	slices.SortFunc(falling, func(x, y float64) int { return cmp.Compare(y, x) })
	last := falling[min(top, len(falling))-1]
	above, equal := 0, 0
	for _, v := range values {
		if v > last {
			above++
		} else if v == last {
			equal++
		}
	}
	for c, v := range values {
		if v > last {
			out[c] = 1
		} else if v == last {
			out[c] = float64(top-above) / float64(equal)
		}
	}
	return out
}

// Spearman is the rank correlation of two equally long lists: Pearson's of
// their ranks, where equal values share the mean of their ranks. NaN if a list
// is constant or shorter than two.
func Spearman(a, b []float64) float64 { return pearson(ranks(a), ranks(b)) }

// ranks are 1, 2, ... by rising value; equal values get the mean.
func ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return values[order[i]] < values[order[j]] })
	out := make([]float64, len(values))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, c := range order[from:to] {
			out[c] = float64(from+1+to) / 2
		}
		from = to
	}
	return out
}

func pearson(a, b []float64) float64 {
	n := float64(len(a))
	var ma, mb float64
	for i := range a {
		ma += a[i] / n
		mb += b[i] / n
	}
	var ab, aa, bb float64
	for i := range a {
		ab += (a[i] - ma) * (b[i] - mb)
		aa += (a[i] - ma) * (a[i] - ma)
		bb += (b[i] - mb) * (b[i] - mb)
	}
	if aa == 0 || bb == 0 {
		return math.NaN()
	}
	return ab / math.Sqrt(aa*bb)
}
