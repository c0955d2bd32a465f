package loss

import "csl/internal/kernel"

// singleRunner is the single-label loss of a batch: the target of an image is its first class
// labelled 1, images without one take no part, and the loss is the mean over the others.
type singleRunner[T kernel.Float] struct {
	rows, classes int
	single        single[T]
	whole         Whole // nil where the images are the whole batch
	used          [1]int64
}

// Run computes the loss of one batch.
func (s *singleRunner[T]) Run(_ *kernel.Pool, logits, labels, grad []T) Terms {
	var p Terms
	used := 0
	for r := range s.rows {
		n := countLabels(labels[r*s.classes : (r+1)*s.classes])
		p.add(&n)
		if n.Positives > 0 {
			used++
		}
	}
	if whole, _, _ := shared(s.whole, s.rows); whole != nil {
		s.used[0] = int64(used)
		whole.SumInt64(s.used[:])
		used = int(s.used[0])
	}
	for r := range s.rows {
		from, to := r*s.classes, (r+1)*s.classes
		target := firstPositive(labels[from:to])
		if target < 0 {
			clear(grad[from:to])
			continue
		}
		p.Positive += s.single.row(logits[from:to], target, grad[from:to], 1/float64(used))
	}
	p.Total = p.Positive
	return p
}

// firstPositive is the number of the first class labelled 1, or -1.
func firstPositive[T kernel.Float](labels []T) int {
	for k, y := range labels {
		if y == 1 {
			return k
		}
	}
	return -1
}
