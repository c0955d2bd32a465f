package metric

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Report is what `csl validate --format json` prints. Rates are in percent, nil (null) if undefined.
type Report struct {
	Images  int `json:"images"`  // number of images
	Classes int `json:"classes"` // number of classes
	// MAP is the reference's: unknown cells count as negatives, the denominator of each class is its
	// positives + 1e-8, and a class without positives is 0 in the mean. nil without any positive, and
	// without any other cell.
	MAP *float64 `json:"map"`
	// MAPPartial is the mean over the classes with annotated positives and negatives of the average
	// precision on annotated cells, MAPWeighted their mean weighted by positives.
	MAPPartial  *float64 `json:"map_partial"`
	MAPWeighted *float64 `json:"map_weighted"`
	// MAPO is the average precision of all annotated cells ranked together; ties in row-major order.
	// Without an annotated negative every ranking is perfect: then it is undefined.
	MAPO *float64 `json:"map_o"`
	// PRF is over annotated cells.
	PRF
	PRFUnknownAsNegative PRF            `json:"prf_unknown_as_negative"`
	PerClass             []ClassResult  `json:"per_class"`
	SkippedClasses       []SkippedClass `json:"skipped_classes"` // in no mean but MAP
	// MAPNote says why MAP is null although there are images.
	MAPNote string `json:"map_note,omitempty"`
	// Notes say which other metrics are undefined although there are images, and why.
	Notes []string `json:"notes,omitempty"`
}

// ClassResult is one class. AP is over annotated cells, nil for a skipped class.
type ClassResult struct {
	Class     string   `json:"class"`     // name of the class
	AP        *float64 `json:"ap"`        // average precision in percent; nil = undefined
	Positives int      `json:"positives"` // cells annotated as present
	Negatives int      `json:"negatives"` // cells annotated as absent
	Unknown   int      `json:"unknown"`   // cells without annotation
	// ReferenceAP is the class's share in Report.MAP, nil without it.
	ReferenceAP *float64 `json:"-"`
}

// SkippedClass is a class without an average precision.
type SkippedClass struct {
	Class string `json:"class"` // name of the class
	Why   string `json:"why"`   // no annotations, no positives or no negatives
}

// classAP is what the rankings of a class give: the average precision on annotated cells, and the
// reference's, as fractions.
type classAP struct{ partial, reference float64 }

// Report computes the metrics of all images added so far, with at most workers goroutines. The result
// does not depend on their number. It ends early only with ctx's error.
func (a *Accumulator) Report(ctx context.Context, workers int) (*Report, error) {
	aps, err := a.classAPs(ctx, max(workers, 1))
	if err != nil {
		return nil, err
	}
	r := &Report{
		Images: a.images, Classes: len(a.opt.Classes),
		PRF: a.prf(false), PRFUnknownAsNegative: a.prf(true),
		SkippedClasses: []SkippedClass{},
	}
	for c, name := range a.opt.Classes {
		k := &a.counts[c]
		res := ClassResult{Class: name, Positives: k.positives, Negatives: k.negatives, Unknown: k.unknown}
		if why := k.skipped(); why != "" {
			r.SkippedClasses = append(r.SkippedClasses, SkippedClass{name, why})
		} else {
			res.AP = percent(aps[c].partial)
		}
		if a.images > 0 && !a.dropped {
			res.ReferenceAP = percent(aps[c].reference)
		}
		r.PerClass = append(r.PerClass, res)
	}
	r.means()
	if a.dropped {
		r.MAPNote = fmt.Sprintf("the scores of unknown cells passed the limit of %d bytes", a.opt.MAPBytes)
	}
	if r.MAPO, err = a.mapO(ctx); err != nil {
		return nil, err
	}
	a.undefine(r)
	return r, nil
}

// skipped says why a class has no average precision, "" if it has one.
func (k *counts) skipped() string {
	switch {
	case k.positives+k.negatives == 0:
		return "no annotations"
	case k.positives == 0:
		return "no positives"
	case k.negatives == 0:
		return "no negatives"
	}
	return ""
}

// means fills in the means over classes.
func (r *Report) means() {
	var partial, weighted, reference float64
	n, positives, m := 0, 0, 0
	for i := range r.PerClass {
		c := &r.PerClass[i]
		if c.AP != nil {
			partial += *c.AP
			weighted += *c.AP * float64(c.Positives)
			positives += c.Positives
			n++
		}
		if c.ReferenceAP != nil {
			reference += *c.ReferenceAP
			m++
		}
	}
	r.MAPPartial = ratio(partial, n)
	r.MAPWeighted = ratio(weighted, positives)
	r.MAP = ratio(reference, m)
}

func percent(fraction float64) *float64 {
	fraction *= 100
	return &fraction
}

func ratio(sum float64, n int) *float64 {
	if n == 0 {
		return nil
	}
	sum /= float64(n)
	return &sum
}

// classAPs shares the classes out to goroutines in ranges.
func (a *Accumulator) classAPs(ctx context.Context, workers int) ([]classAP, error) {
	n := len(a.opt.Classes)
	workers = min(workers, n)
	aps := make([]classAP, n)
	errs := make([]error, workers)
	var wait sync.WaitGroup
	for w := range workers {
		from, to := w*n/workers, (w+1)*n/workers
		wait.Go(func() { errs[w] = a.rank(ctx, from, aps[from:to]) })
	}
	wait.Wait()
	return aps, cmp.Or(ctx.Err(), errors.Join(errs...))
}

// rank computes the classes from number `first` on.
func (a *Accumulator) rank(ctx context.Context, first int, aps []classAP) error {
	ranks := make([]ranking, len(aps))
	a.eachCell(ctx, first, len(aps), func(c int, k uint64, positive bool) {
		if positive {
			ranks[c].positives = append(ranks[c].positives, k)
		}
	})
	for c := range ranks {
		ranks[c].sort()
	}
	a.eachCell(ctx, first, len(aps), func(c int, k uint64, positive bool) {
		if !positive {
			ranks[c].add(k)
		}
	})
	for c := range ranks {
		if n := len(ranks[c].positives); n > 0 {
			aps[c].partial = ranks[c].precisionSum() / float64(n)
		}
	}
	if err := a.eachUnknown(ctx, first, len(aps), func(c int, k uint64) { ranks[c].add(k) }); err != nil {
		return err
	}
	for c := range ranks {
		aps[c].reference = ranks[c].precisionSum() / (float64(len(ranks[c].positives)) + 1e-8)
	}
	return nil
}

// eachCell calls f with the annotated cells of n classes from number `first` on, in order; classes
// are counted from first.
func (a *Accumulator) eachCell(ctx context.Context, first, n int, f func(class int, k uint64, positive bool)) {
	for i := range a.images {
		if i%256 == 0 && ctx.Err() != nil {
			return
		}
		for _, c := range within(a.row(i), first, n) {
			f(c.index()-first, key(c.score, i), c.positive())
		}
	}
}

// within is the part of a row that belongs to n classes from number `first` on.
func within(row []cell, first, n int) []cell {
	at := func(class int) int {
		i, _ := slices.BinarySearchFunc(row, class, func(c cell, class int) int { return cmp.Compare(c.index(), class) })
		return i
	}
	return row[at(first):at(first+n)]
}

// eachUnknown calls f with the unknown cells of n classes from number `first` on.
func (a *Accumulator) eachUnknown(ctx context.Context, first, n int, f func(class int, k uint64)) error {
	classes := len(a.opt.Classes)
	row := func(img int, scores []float32) {
		known := within(a.row(img), first, n)
		for c, s := range scores {
			if len(known) > 0 && known[0].index() == first+c {
				known = known[1:]
				continue
			}
			f(c, key(s, img))
		}
	}
	if a.opt.Stored != nil {
		scores := make([]float32, n)
		for img := range a.images {
			if img%256 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if err := a.opt.Stored.Scores(img, first, scores); err != nil {
				return err
			}
			row(img, scores)
		}
		return nil
	}
	for _, b := range a.batches {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for r := range len(b.scores) / classes {
			row(b.first+r, b.scores[r*classes+first:r*classes+first+n])
		}
	}
	return nil
}

// mapO ranks all annotated cells together.
func (a *Accumulator) mapO(ctx context.Context) (*float64, error) {
	var r ranking
	for i, c := range a.cells {
		if c.positive() {
			r.positives = append(r.positives, key(c.score, i))
		}
	}
	if len(r.positives) == 0 {
		return nil, ctx.Err()
	}
	r.sort()
	for i, c := range a.cells {
		if i%(1<<16) == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !c.positive() {
			r.add(key(c.score, i))
		}
	}
	return percent(r.precisionSum() / float64(len(r.positives))), nil
}
