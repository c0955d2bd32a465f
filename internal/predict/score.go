package predict

import (
	"slices"

	"csl/internal/images/loader"
)

// Names are the names of a split's images and classes.
type Names interface {
	ImageName(i int) string // returns the name of image i
	ClassNames() []string   // returns the classes in the order of the outputs
}

// Scored is a batch with what a model says of it.
type Scored struct {
	*loader.Batch
	Images []string  // names
	Logits []float32 // [N,classes], valid until the runner's next batch
	Scores []float32 // [N,classes], their sigmoids
}

// Score runs the model over a batch. A logit that is not finite is an error that names image and class.
func (r *Runner) Score(b *loader.Batch, names Names) (Scored, error) {
	s := Scored{Batch: b, Images: make([]string, b.N)}
	var err error
	if s.Logits, err = r.Logits(b.Pix, b.N); err != nil {
		return s, err
	}
	for i, n := range b.Samples {
		s.Images[i] = names.ImageName(n)
	}
	if err := Finite(s.Logits, s.Images, names.ClassNames()); err != nil {
		return s, err
	}
	s.Scores = slices.Clone(s.Logits)
	Sigmoid(s.Scores, s.Scores)
	return s, nil
}
