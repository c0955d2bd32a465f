package report

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"html/template"
	"image/jpeg"
	"slices"

	"csl/internal/images/codec"
	"csl/internal/images/source"
	"csl/internal/images/transform"
	"csl/internal/labels"
)

// thumbnail is one validation image with what the model says of it.
type thumbnail struct {
	name          string
	scores        []float32
	states        []int8
	width, height int
	url           template.URL // the image itself, as a data URI
}

const (
	thumbSide = 160 // pixels, at most
	thumbQ    = 82  // JPEG quality
)

// img reads the image and makes its thumbnail.
func (s *thumbnail) img(src source.Source, o codec.Options) error {
	key, err := src.Resolve(s.name)
	if err != nil {
		return err
	}
	data, err := src.ReadFile(key, nil)
	if err != nil {
		return err
	}
	m, _, err := codec.Decode(data, o)
	if err != nil {
		return fmt.Errorf("image %q: %w", s.name, err)
	}
	if most := max(m.W, m.H); most > thumbSide {
		m = transform.Resize(m, max(1, m.W*thumbSide/most), max(1, m.H*thumbSide/most), transform.Bilinear)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m.NRGBA(), &jpeg.Options{Quality: thumbQ}); err != nil {
		return fmt.Errorf("image %q: %w", s.name, err)
	}
	s.width, s.height = m.W, m.H
	s.url = template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(b.Bytes()))
	return nil
}

// Verdicts on a class of an image.
const (
	verdictHit   = "hit"
	verdictFalse = "false"
	verdictMiss  = "miss"
	verdictOpen  = "open" // predicted, and nobody knows
)

// tag is one class of an image, predicted or missed.
type tag struct {
	Class   string
	Score   float64
	Verdict string
}

// mostTags is how many predicted and how many missed classes an image shows.
const mostTags = 10

// tags are the classes scored above the threshold, by falling score, then those that are present and
// were missed. more counts those that are not listed.
func (s *thumbnail) tags(classes []string, threshold float64) (list []tag, more int) {
	var predicted, missed []tag
	for c, v := range s.scores {
		t := tag{Class: classes[c], Score: float64(v)}
		above := float64(v) > threshold
		switch state := labels.State(s.states[c]); {
		case above && state == labels.Positive:
			t.Verdict = verdictHit
		case above && state == labels.Negative:
			t.Verdict = verdictFalse
		case above:
			t.Verdict = verdictOpen
		case state == labels.Positive:
			t.Verdict = verdictMiss
			missed = append(missed, t)
			continue
		default:
			continue
		}
		predicted = append(predicted, t)
	}
	for _, part := range [][]tag{predicted, missed} {
		slices.SortStableFunc(part, func(a, b tag) int { return cmp.Compare(b.Score, a.Score) })
		more += max(0, len(part)-mostTags)
		list = append(list, part[:min(len(part), mostTags)]...)
	}
	return list, more
}
