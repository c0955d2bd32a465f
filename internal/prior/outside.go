package prior

import (
	"fmt"
	"math"
	"slices"
)

// NewOutside starts an estimate from the scores of a model that saw none of the labels, for images with that
// many positive and negative labels of each class.
func NewOutside(images int, positives, negatives []int) *Shift {
	s := NewShift(len(positives))
	s.outside, s.images = true, images
	for c := range s.class {
		s.class[c].positives, s.class[c].negatives = positives[c], negatives[c]
	}
	return s
}

// AddScore takes the score of one cell, from 0 to 1, and its label: 1, 0 or -1. Annotated cells say what scores
// are worth.
func (s *Shift) AddScore(class int, score float32, label int8) {
	const least = 1e-6
	p := min(max(float64(score), least), 1-least)
	logit := float32(math.Log(p / (1 - p)))
	s.mean.sum[class] += float64(score)
	switch k := &s.class[class]; label {
	case 1:
		k.heldPositive.add(logit)
	case 0:
		k.heldNegative.add(logit)
	default:
		k.unknown.add(logit)
	}
}

// means is the mean score of each class: over all images or, of scores from outside, over the cells that have
// one, 0 without any.
func (s *Shift) means(classes []string) (*Prior, error) {
	if !s.outside {
		return s.mean.Prior(classes)
	}
	if len(classes) != len(s.class) {
		return nil, fmt.Errorf("prior: %d class names for %d classes", len(classes), len(s.class))
	}
	p := &Prior{Classes: slices.Clone(classes), Avg: make([]float32, len(classes))}
	for c := range s.class {
		k := &s.class[c]
		if n := k.unknown.total() + k.heldPositive.total() + k.heldNegative.total(); n > 0 {
			p.Avg[c] = float32(s.mean.sum[c] / n)
		}
	}
	return p, p.Validate()
}

// middle is halfway between the mean logits of the annotated cells of either label: where a model that knows
// nothing of the base rate is undecided.
func (k *shiftClass) middle() float64 { return (k.heldPositive.mean() + k.heldNegative.mean()) / 2 }

// mean is the mean logit; 0 of none.
func (h histogram) mean() float64 {
	sum := 0.0
	h.each(func(l, n float64) { sum += l * n })
	return sum / max(1, h.total())
}
