package metric

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"sync"
)

// Interval is a 95 % bootstrap interval, percent.
type Interval struct {
	Low  float64 `json:"low"`  // lower end
	High float64 `json:"high"` // upper end
}

// Bootstrap are percentile intervals (B. Efron, 1979) of the two means over annotated cells.
type Bootstrap struct {
	Replicates int       `json:"replicates"`  // number of resamplings
	MAPPartial *Interval `json:"map_partial"` // nil where it is undefined in more than 5 % of the replicates
	MAPO       *Interval `json:"map_o"`       // interval of mAP(O)
}

// ranked is an annotated cell in a ranking of all.
type ranked struct {
	image    int32
	class    int32
	positive bool
}

// Bootstrap draws the images n times with replacement and ranks each draw again: a class takes part in a draw where it
// has positives and negatives, and copies of an image rank one behind the other. The result depends on seed, not on
// workers. It ends early only with ctx's error.
func (a *Accumulator) Bootstrap(ctx context.Context, n int, seed uint64, workers int) (*Bootstrap, error) {
	r, err := a.Replicates(ctx, n, seed, workers)
	if err != nil {
		return nil, err
	}
	return &Bootstrap{Replicates: n, MAPPartial: Percentiles(r.MAPPartial), MAPO: Percentiles(r.MAPO)}, nil
}

// Replicates are the two means over annotated cells in each draw of the images, in percent; nil where undefined.
// Accumulators of the same images with the same seed have the same draws, so that their differences are paired.
type Replicates struct {
	MAPPartial []*float64 `json:"map_partial"` // mAP(C) of each draw
	MAPO       []*float64 `json:"map_o"`       // mAP(O) of each draw
}

// Replicates draws as [Accumulator.Bootstrap] does.
func (a *Accumulator) Replicates(ctx context.Context, n int, seed uint64, workers int) (*Replicates, error) {
	order := a.rankedCells()
	partial, overall := make([]*float64, n), make([]*float64, n)
	workers = min(max(workers, 1), max(n, 1))
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			r := newReplicate(a.images, len(a.opt.Classes))
			for i := w; i < n && ctx.Err() == nil; i += workers {
				r.draw(seed, uint64(i))
				partial[i], overall[i] = r.score(order)
			}
		})
	}
	wait.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return &Replicates{MAPPartial: partial, MAPO: overall}, nil
}

// rankedCells are all annotated cells, the highest first; of equal scores the later one ranks first.
func (a *Accumulator) rankedCells() []ranked {
	type keyed struct {
		key uint64
		ranked
	}
	all := make([]keyed, 0, len(a.cells))
	place := 0
	for i := range a.images {
		for _, c := range a.row(i) {
			all = append(all, keyed{key(c.score, place), ranked{int32(i), int32(c.index()), c.positive()}})
			place++
		}
	}
	slices.SortFunc(all, func(x, y keyed) int { return cmp.Compare(y.key, x.key) })
	order := make([]ranked, len(all))
	for i, k := range all {
		order[i] = k.ranked
	}
	return order
}

// replicate is one draw of images.
type replicate struct {
	weight  []int32 // how often each image was drawn
	classes []tally
	all     tally
}

// tally walks down a ranking.
type tally struct {
	positives, negatives int
	sum                  float64 // of the precision at each positive
}

func newReplicate(images, classes int) *replicate {
	return &replicate{weight: make([]int32, images), classes: make([]tally, classes)}
}

// draw chooses as many images as there are, with replacement.
func (r *replicate) draw(seed, number uint64) {
	clear(r.weight)
	rng := rand.New(rand.NewPCG(seed, number))
	for range r.weight {
		r.weight[rng.IntN(len(r.weight))]++
	}
}

// score ranks the drawn images, in percent; nil where it is undefined.
func (r *replicate) score(order []ranked) (partial, overall *float64) {
	clear(r.classes)
	r.all = tally{}
	for _, c := range order {
		w := int(r.weight[c.image])
		if w == 0 {
			continue
		}
		r.classes[c.class].add(w, c.positive)
		r.all.add(w, c.positive)
	}
	sum, n := 0.0, 0
	for i := range r.classes {
		if ap := r.classes[i].ap(); ap != nil {
			sum += *ap
			n++
		}
	}
	return ratio(sum, n), r.all.ap()
}

// add takes the next cell of the ranking, w times.
func (t *tally) add(w int, positive bool) {
	if !positive {
		t.negatives += w
		return
	}
	for range w {
		t.positives++
		t.sum += float64(t.positives) / float64(t.positives+t.negatives)
	}
}

// ap is the average precision, nil without positives or negatives.
func (t *tally) ap() *float64 {
	if t.positives == 0 || t.negatives == 0 {
		return nil
	}
	return percent(t.sum / float64(t.positives))
}

// Percentiles is the interval from the 2.5th to the 97.5th percentile, by linear interpolation; nil where more than
// 5 % of the values are.
func Percentiles(values []*float64) *Interval {
	var v []float64
	for _, p := range values {
		if p != nil {
			v = append(v, *p)
		}
	}
	if len(v) == 0 || 20*len(v) < 19*len(values) {
		return nil
	}
	slices.Sort(v)
	at := func(q float64) float64 {
		x := q * float64(len(v)-1)
		i := int(x)
		if i+1 >= len(v) {
			return v[len(v)-1]
		}
		return v[i] + (x-float64(i))*(v[i+1]-v[i])
	}
	return &Interval{at(0.025), at(0.975)}
}
