package loss

import (
	"math"
	"slices"

	"csl/internal/kernel"
)

// Losses that count unknown cells as negatives and correct those that look like missed positives. They
// ask how far the run is ([Course]). A verified negative is never corrected. p is the sigmoid of the logit.
const (
	// SPLC is focal with power 2, positives with margin 1 as [Hill] has them, negatives p² (-log(1-p)).
	// From epoch Config.CorrectAfter on an unknown cell with p > Config.Tau costs (1-p)² (-log p), a
	// positive without margin (Zhang et al. 2021). The gradient flows through the weights.
	SPLC = "splc"
	// LLR is cross entropy without the unknown cells of the batch that cost most: share times epoch of
	// all cells, rounded up (Kim et al. 2022). See Config.LargeLoss.
	LLR = "ll_r"
	// LLCt counts those cells as positives, in this batch.
	LLCt = "ll_ct"
	// LLCp counts them as positives from then on; in each batch the share, not times the epoch, is added.
	LLCp = "ll_cp"
)

// Turned is the label of an unknown cell that LLCp turned in an earlier epoch.
const Turned = 2

// Dropped is a label of unknown cells that the caller takes out of the loss: they take no part.
const Dropped = 3

// Course is where a run is, for the losses that correct labels, and what LLCp tells it.
type Course struct {
	Epoch int // of the batch, from 0
	// Turned are the cells, image of the batch times classes plus class, that LLCp turned in its last run,
	// ascending: the caller labels them [Turned] from the next epoch on. They are valid until the next run.
	Turned []int
}

// corrections lists the losses of this file.
func corrections() []string { return []string{SPLC, LLR, LLCt, LLCp} }

// TurnsForGood tells whether the loss of that name turns cells for the rest of the run: its caller must
// remember [Course.Turned].
func TurnsForGood(name string) bool { return name == LLCp }

// publishedLargeLoss is the percentage of cells per epoch that the authors' comparison settled on.
func publishedLargeLoss(name string) float64 {
	switch name {
	case LLR:
		return 0.5
	case LLCt:
		return 0.2
	}
	return 0.1
}

// corrected is one of these losses: a comparable value. Without a name it is none.
type corrected struct {
	name   string
	alpha  [3]float64
	tau    float64
	after  int     // epochs without correction
	share  float64 // of all cells, 0 to 1
	course *Course // nil: the first epoch
}

func (c Config) corrected() corrected {
	if !slices.Contains(corrections(), c.Name) {
		return corrected{}
	}
	percent := c.LargeLoss
	if percent == 0 {
		percent = publishedLargeLoss(c.Name)
	}
	return corrected{
		name: c.Name, alpha: [3]float64{c.AlphaPos, c.AlphaNeg, c.AlphaUnann},
		tau: c.Tau, after: c.CorrectAfter, share: percent / 100,
	}
}

// epoch is the current one, and whether cells are corrected in it.
func (c corrected) epoch() (n int, on bool) {
	if c.course != nil {
		n = c.course.Epoch
	}
	return n, n >= c.after
}

// budget is how many unknown cells of a batch of that many cells count as large losses.
func (c corrected) budget(cells int) int {
	epoch, on := c.epoch()
	if !on || c.name == SPLC {
		return 0
	}
	share := c.share
	if c.name != LLCp {
		share *= float64(epoch)
	}
	// The small term makes 0.2 % of 1,000 cells 2 cells and not 3.
	return int(math.Ceil(min(1, share)*float64(cells) - 1e-9))
}

// focal is (1-s)² (-log s) of s = sigmoid(x), and its slope by x.
func focal(x float64) (loss, grad float64) {
	s, rest, log := sigmoid64(x), sigmoid64(-x), logSigmoid(x)
	return -rest * rest * log, rest * rest * (2*s*log - rest)
}

// cell is the loss of one cell and its gradient by the logit, unweighted; turned is an unknown cell that
// counts as positive.
func (c corrected) cell(kind int, turned bool, x float64) (loss, grad float64) {
	present := kind == positive || turned
	switch {
	case c.name != SPLC && present:
		return entropy(x, 1)
	case c.name != SPLC:
		return entropy(x, 0)
	case turned:
		return focal(x)
	case present:
		return focal(x - hillMargin)
	}
	loss, grad = focal(-x)
	return loss, -grad
}

// correctedRunner computes one of these losses; rows are jobs.
type correctedRunner[T kernel.Float] struct {
	corrected
	rows, classes        int
	terms                []Terms // per row
	large                *Largest
	whole                Whole // nil where the rows are the whole batch
	on                   bool  // of the current run: SPLC corrects
	logits, labels, grad []T   // of the current run
}

func newCorrectedRunner[T kernel.Float](c corrected, w Whole, rows, classes int) *correctedRunner[T] {
	r := &correctedRunner[T]{corrected: c, whole: w, rows: rows, classes: classes, terms: make([]Terms, rows)}
	if c.name != SPLC {
		r.large = NewLargest(rows * classes)
	}
	return r
}

// Run computes the loss of one batch.
func (r *correctedRunner[T]) Run(pool *kernel.Pool, logits, labels, grad []T) Terms {
	r.logits, r.labels, r.grad = logits, labels, grad
	_, r.on = r.epoch()
	if r.large != nil {
		whole, _, images := shared(r.whole, r.rows)
		Mark(r.large, whole, logits[:r.rows*r.classes], labels, r.budget(images*r.classes))
	}
	runChunks(pool, r.rows, r)
	r.logits, r.labels, r.grad = nil, nil, nil
	if r.name == LLCp && r.course != nil {
		r.course.Turned = r.large.cells(r.course.Turned[:0])
	}
	return total(r.terms)
}

// Do computes one chunk of rows; it is for kernel.Pool only.
func (r *correctedRunner[T]) Do(chunk, _ int) {
	from, to := chunkOf(r.rows, chunk)
	for i := from; i < to; i++ {
		r.row(i)
	}
}

func (r *correctedRunner[T]) row(i int) {
	from, to := i*r.classes, (i+1)*r.classes
	labels := r.labels[from:to]
	t := countLabels(labels)
	for c, y := range labels {
		at := from + c
		x := float64(r.logits[at])
		kind, share, turned := unknown, &t.Unknown, false
		switch {
		case y == 1:
			kind, share = positive, &t.Positive
		case y == 0:
			kind, share = negative, &t.Negative
		case y == Turned && r.name == LLCp:
			t.Unknowns++
			turned = true
		case y != -1:
			r.grad[at] = 0
			continue
		case r.name == SPLC:
			turned = r.on && sigmoid64(x) > r.tau
		case r.large.marked[at] && r.name == LLR:
			t.DroppedTopK++
			r.grad[at] = 0
			continue
		default:
			turned = r.large.marked[at]
		}
		if turned {
			t.Corrected++
		}
		loss, grad := r.cell(kind, turned, x)
		*share += r.alpha[kind] * loss
		r.grad[at] = T(r.alpha[kind] * grad)
	}
	r.terms[i] = t
}
