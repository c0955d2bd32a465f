package train

import (
	"context"
	"errors"

	"csl/internal/config"
	"csl/internal/images/loader"
	"csl/internal/labels"
	"csl/internal/loss"
	"csl/internal/scores"
)

// outside are scores of other models for unknown cells. As labels, those above or below a threshold count as
// annotated. As likelihood, the top-K drops those with the largest scores. A nil *outside has none.
type outside struct {
	file         *scores.Partial
	digest       string
	set          *labels.Set // the images of the file, in its order
	images       []int       // of the file, by the images of the run
	labels       bool
	above, below float32

	// As likelihood.
	topK       int       // per image
	gate       []float32 // 1 for classes whose unknown cells are dropped in any case; nil without
	skipsGated bool
	largest    *loss.Largest
	all        []float32 // scores of a batch
	open       []float32 // -1 for its cells that may be dropped, else 0

	row []float32
	cut cut // of the last batch
}

// cut counts unknown cells of a whole batch that were dropped: all, and those that the prior drops too.
type cut struct{ all, gated int }

// openOutside opens the scores that the settings name, nil without any, for the images of set.
func openOutside(ctx context.Context, c *config.Config, set *labels.Set) (*outside, error) {
	if c.Loss.Scores == "" {
		return nil, nil
	}
	file, err := scores.OpenPartial(ctx, c.Loss.Scores, c.Data.Encoding, set)
	if err != nil {
		return nil, err
	}
	return &outside{
		file: file, set: set, digest: file.Checksum, labels: c.Loss.ScoresAs == config.ScoresLabels,
		above: float32(c.Loss.ScoresAbove), below: float32(c.Loss.ScoresBelow), row: make([]float32, set.NumClasses()),
	}, nil
}

// follow reads all scores once, for what is wrong in them and to say what they do to the labels of the images
// that the run learns from.
func (s *outside) follow(ctx context.Context, c *config.Config, set *labels.Set, log logger) error {
	if s == nil {
		return nil
	}
	here := make(map[int]int, set.Len())
	for i := range set.Len() {
		image, known := s.set.Find(set.ImageName(i))
		if !known {
			return errors.New("loss.scores: the run has images that the labels had not")
		}
		s.images, here[image] = append(s.images, image), i
	}
	scored, positives, negatives := 0, 0, 0
	err := s.file.Each(ctx, func(image, class int, score float32) {
		i, used := here[image]
		if !used || set.At(i, class) != labels.Unknown {
			return
		}
		scored++
		switch s.label(score) {
		case 1:
			positives++
		case 0:
			negatives++
		}
	})
	if err != nil {
		return err
	}
	unknown := set.Stats().Total.Unknown
	if s.file.Others > 0 {
		log.Warn("rows of other images or classes are skipped", "file", c.Loss.Scores, "rows", s.file.Others)
	}
	if s.labels {
		log.Info("scores as labels: unknown cells that count as annotated", "file", c.Loss.Scores,
			"positive", positives, "negative", negatives, "of", unknown, "scored", scored)
		return nil
	}
	if !c.Loss.Selective() {
		log.Warn("loss.scores as likelihood is for the top-K of mode selective; this run has none and does not use them", "mode", c.Loss.Mode)
	}
	log.Info("scores as likelihood: unknown cells that the top-K may drop", "file", c.Loss.Scores, "scored", scored, "of", unknown)
	return nil
}

// selects makes the likelihood the one of the top-K of l, which then has none of its own.
func (s *outside) selects(l *loss.Config, gate []float32, batch int) {
	if s == nil || s.labels || l.Mode != loss.Selective {
		return
	}
	s.topK, s.gate, s.skipsGated = l.TopK, gate, l.TopKSkipsGated
	l.TopK = 0
	cells := batch * len(s.row)
	s.largest, s.all, s.open = loss.NewLargest(cells), make([]float32, cells), make([]float32, cells)
}

// label is the label that a score gives an unknown cell: 1, 0 or -1 for none.
func (s *outside) label(score float32) float32 {
	switch {
	case s.labels && score > s.above:
		return 1
	case s.labels && score < s.below:
		return 0
	}
	return -1
}

// apply changes unknown labels of the batch.
func (s *outside) apply(b *loader.Batch, to []float32, r *ranks) error {
	if s == nil || !s.labels && s.topK == 0 {
		return nil
	}
	classes := len(s.row)
	for i, image := range b.Samples[:b.N] {
		if err := s.file.Row(s.images[image], s.row); err != nil {
			return err
		}
		labels := to[i*classes : (i+1)*classes]
		if s.labels {
			for c, v := range s.row {
				if labels[c] == -1 && v == v {
					labels[c] = s.label(v)
				}
			}
			continue
		}
		copy(s.all[i*classes:], s.row)
		for c, v := range s.row {
			s.open[i*classes+c] = 0
			if labels[c] == -1 && v == v && !(s.skipsGated && s.closed(c)) {
				s.open[i*classes+c] = -1
			}
		}
	}
	if !s.labels {
		return s.drop(to[:b.N*classes], b.N, r)
	}
	return nil
}

// closed tells whether the prior drops the unknown cells of a class.
func (s *outside) closed(class int) bool { return s.gate != nil && s.gate[class] != 0 }

// drop takes the open cells with the largest scores out of the batch, of which that many images are here.
func (s *outside) drop(labels []float32, images int, r *ranks) error {
	var whole loss.Whole
	if !r.alone() {
		whole, images = r, r.all
	}
	var dropped, gated int64
	for i, marked := range loss.Mark(s.largest, whole, s.all[:len(labels)], s.open, s.topK*images) {
		if marked {
			labels[i] = loss.Dropped
			dropped++
			if s.closed(i % len(s.row)) {
				gated++
			}
		}
	}
	counts := []int64{dropped, gated}
	if whole != nil {
		whole.SumInt64(counts)
	}
	s.cut = cut{int(counts[0]), int(counts[1])}
	return r.err
}

// count adds what was dropped to the terms of the batch.
func (s *outside) count(t *loss.Terms) {
	if s == nil {
		return
	}
	t.Unknowns += s.cut.all
	t.DroppedTopK += s.cut.all
	t.DroppedPrior += s.cut.gated
	t.DroppedBoth += s.cut.gated
}

// sum is the digest of the file.
func (s *outside) sum() string {
	if s == nil {
		return ""
	}
	return s.digest
}

func (s *outside) close() error {
	if s == nil {
		return nil
	}
	return s.file.Close()
}
