package metric

import (
	"errors"
	"fmt"
	"slices"
)

// defaultMAPBytes is enough for Open Images' validation set, 41,620 images of 9,605 classes.
const defaultMAPBytes = 4 << 30

// Options of an Accumulator.
type Options struct {
	// Classes are the names of the classes, in the order of the columns.
	Classes []string
	// Threshold decides what counts as predicted: score > Threshold, compared in float32.
	Threshold float64
	// Thresholds, one per class, replace Threshold where they are not nil.
	Thresholds []float32
	// MAPBytes limits the memory for the scores of unknown cells, which only Report.MAP needs. Beyond
	// it they are dropped and MAP is nil. 0 means 4 GiB.
	MAPBytes int64
	// Stored, if given, has all scores, so that none of unknown cells are kept: MAP reads them again.
	Stored Stored
}

// Stored are scores that can be read at any time, by several goroutines.
type Stored interface {
	// Scores reads those of classes from `first` on of an image into dst; images count as they were added.
	Scores(image, first int, dst []float32) error
}

// Accumulator collects the scores of images.
type Accumulator struct {
	opt    Options
	thre   []float32 // per class
	images int

	// The annotated cells in row-major order, and how many there are up to the end of each image.
	cells []cell
	ends  []int
	// All scores of the batches that have unknown cells.
	batches  []batch
	mapBytes int64
	dropped  bool // the limit was passed

	counts []counts // by class
}

// cell is an annotated cell.
type cell struct {
	score float32
	class int32 // its complement if the label is negative
}

func newCell(class int, score float32, positive bool) cell {
	if positive {
		return cell{score, int32(class)}
	}
	return cell{score, ^int32(class)}
}

func (c cell) positive() bool { return c.class >= 0 }

func (c cell) index() int {
	if c.class < 0 {
		return int(^c.class)
	}
	return int(c.class)
}

type batch struct {
	first  int // image
	scores []float32
}

// counts of one class: cells by label, and those predicted among them.
type counts struct {
	positives, negatives, unknown             int
	truePositive, falsePositive, falseUnknown int
}

// New makes an accumulator.
func New(o Options) (*Accumulator, error) {
	if len(o.Classes) == 0 {
		return nil, errors.New("metric: no classes")
	}
	if o.Threshold != o.Threshold {
		return nil, errors.New("metric: the threshold is NaN")
	}
	if o.MAPBytes == 0 {
		o.MAPBytes = defaultMAPBytes
	}
	thresholds := slices.Clone(o.Thresholds)
	if thresholds == nil {
		thresholds = slices.Repeat([]float32{float32(o.Threshold)}, len(o.Classes))
	}
	if len(thresholds) != len(o.Classes) {
		return nil, fmt.Errorf("metric: %d thresholds for %d classes", len(thresholds), len(o.Classes))
	}
	return &Accumulator{opt: o, thre: thresholds, counts: make([]counts, len(o.Classes))}, nil
}

// Images is the number of images so far.
func (a *Accumulator) Images() int { return a.images }

// Add takes the images of a batch: their names, for error messages, and their scores and labels
// [images, classes], row-major. Labels are 1, 0 and -1 (unknown). The slices may be reused. A score
// that is NaN and an unknown label are errors that name image and class; nothing is added then.
func (a *Accumulator) Add(names []string, scores []float32, labels []int8) error {
	classes := len(a.opt.Classes)
	if n := len(names) * classes; len(scores) != n || len(labels) != n {
		return fmt.Errorf("metric: %d scores and %d labels for %d images of %d classes", len(scores), len(labels), len(names), classes)
	}
	unknown := false
	for i, s := range scores {
		if s != s {
			return fmt.Errorf("score of image %q, class %q is NaN", names[i/classes], a.opt.Classes[i%classes])
		}
		switch labels[i] {
		case 0, 1:
		case -1:
			unknown = true
		default:
			return fmt.Errorf("label of image %q, class %q is %d, not 1, 0 or -1", names[i/classes], a.opt.Classes[i%classes], labels[i])
		}
	}
	for r := range names {
		a.addRow(scores[r*classes:(r+1)*classes], labels[r*classes:(r+1)*classes])
	}
	if unknown && a.opt.Stored == nil {
		a.keepScores(len(names), scores)
	}
	a.images += len(names)
	return nil
}

func (a *Accumulator) addRow(scores []float32, labels []int8) {
	for c, s := range scores {
		k, predicted := &a.counts[c], 0
		if s > a.thre[c] {
			predicted = 1
		}
		switch labels[c] {
		case 1:
			k.positives++
			k.truePositive += predicted
		case 0:
			k.negatives++
			k.falsePositive += predicted
		default:
			k.unknown++
			k.falseUnknown += predicted
			continue
		}
		a.cells = append(a.cells, newCell(c, s, labels[c] == 1))
	}
	a.ends = append(a.ends, len(a.cells))
}

// keepScores keeps a batch for MAP, within the limit.
func (a *Accumulator) keepScores(images int, scores []float32) {
	if a.dropped {
		return
	}
	if a.mapBytes += 4 * int64(len(scores)); a.mapBytes > a.opt.MAPBytes {
		a.dropped, a.batches = true, nil
		return
	}
	a.batches = append(a.batches, batch{a.images, slices.Clone(scores)})
}

// row is the annotated cells of an image, by rising class.
func (a *Accumulator) row(img int) []cell {
	from := 0
	if img > 0 {
		from = a.ends[img-1]
	}
	return a.cells[from:a.ends[img]]
}
