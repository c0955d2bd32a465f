package metric

import (
	"context"
	"errors"
	"fmt"
)

// Paired compares a second model with a first on the same labels. Each draw of images scores both, so that what makes
// images hard or easy for both cancels out.
type Paired struct {
	Replicates int         `json:"replicates"`  // number of resamplings
	MAPPartial *Difference `json:"map_partial"` // of mAP(C); nil where it is undefined
	MAPO       *Difference `json:"map_o"`       // of mAP(O); nil where it is undefined
}

// Difference is by how much the second model is better, in percent.
type Difference struct {
	Value float64 `json:"value"` // on the images as they are
	// Interval is the 95 % bootstrap interval; nil without draws, and where more than 5 % of them are undefined.
	Interval *Interval `json:"interval"`
	// Higher is the share of the draws in which the second model is the better one, 0 to 1.
	Higher float64 `json:"higher"`
}

// Annotated is the accumulator without the scores of unknown cells, for curves, draws and comparisons: what it needs
// no longer grows with what nobody knows. Images must not be added to it.
func (a *Accumulator) Annotated() *Accumulator {
	b := *a
	b.batches, b.dropped, b.opt.Stored = nil, true, nil
	return &b
}

// Compare draws the images n times as Bootstrap does and scores both accumulators on each draw. They must hold the
// same classes and labels of the same images in the same order.
func Compare(ctx context.Context, first, second *Accumulator, n int, seed uint64, workers int) (*Paired, error) {
	if err := sameLabels(first, second); err != nil {
		return nil, err
	}
	partial, overall := first.whole().differences(second.whole())
	a, err := first.Replicates(ctx, n, seed, workers)
	if err != nil {
		return nil, err
	}
	b, err := second.Replicates(ctx, n, seed, workers)
	if err != nil {
		return nil, err
	}
	return &Paired{
		Replicates: n,
		MAPPartial: difference(partial, a.MAPPartial, b.MAPPartial), MAPO: difference(overall, a.MAPO, b.MAPO),
	}, nil
}

// means are mAP(C) and mAP(O), in percent; nil where undefined.
type means struct{ partial, overall *float64 }

// whole are the means of the images as they are.
func (a *Accumulator) whole() means {
	r := newReplicate(a.images, len(a.opt.Classes))
	for i := range r.weight {
		r.weight[i] = 1
	}
	var m means
	m.partial, m.overall = r.score(a.rankedCells())
	return m
}

// differences are by how much the other means are higher.
func (m means) differences(other means) (partial, overall *float64) {
	return minus(other.partial, m.partial), minus(other.overall, m.overall)
}

func minus(a, b *float64) *float64 {
	if a == nil || b == nil {
		return nil
	}
	d := *a - *b
	return &d
}

// difference sums the draws of one metric up.
func difference(value *float64, first, second []*float64) *Difference {
	if value == nil {
		return nil
	}
	d := &Difference{Value: *value}
	all := make([]*float64, len(first))
	higher := 0
	for i := range all {
		if all[i] = minus(second[i], first[i]); all[i] != nil && *all[i] > 0 {
			higher++
		}
	}
	d.Interval, d.Higher = Percentiles(all), float64(higher)/float64(max(1, len(all)))
	return d
}

// sameLabels says how the labels of two accumulators differ.
func sameLabels(a, b *Accumulator) error {
	if n, m := len(a.opt.Classes), len(b.opt.Classes); n != m {
		return fmt.Errorf("compare: %d classes and %d", n, m)
	}
	for i, c := range a.opt.Classes {
		if d := b.opt.Classes[i]; c != d {
			return fmt.Errorf("compare: class number %d is %q in one and %q in the other", i+1, c, d)
		}
	}
	if a.images != b.images {
		return fmt.Errorf("compare: %d images and %d", a.images, b.images)
	}
	different := errors.New("compare: the labels of the images differ")
	if len(a.cells) != len(b.cells) {
		return different
	}
	for i, end := range a.ends {
		if end != b.ends[i] {
			return different
		}
	}
	for i, c := range a.cells {
		if c.class != b.cells[i].class {
			return different
		}
	}
	return nil
}
