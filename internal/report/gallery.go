package report

import (
	"fmt"
	"html/template"
	"strconv"
)

// gallery is the predicted images of a run.
type gallery struct {
	Run, Threshold, F1 string
	Thumbnails         []img
}

type img struct {
	Name          string
	URL           template.URL
	Width, Height int
	Tags          []imageTag
	More          int
	None          bool // nothing predicted and nothing missed
}

// imageTag is a class with its verdict as sign, word and style.
type imageTag struct {
	Class, Score, Verdict, Sign, Word string
}

// newGallery is nil if no image is to be shown.
func newGallery(r *run) *gallery {
	s := r.scored
	if len(s.thumbnails) == 0 {
		return nil
	}
	g := &gallery{Run: r.name, Threshold: strconv.FormatFloat(s.threshold, 'f', 2, 64), F1: fmt.Sprintf("%.1f", s.f1)}
	classes := classNames(s.report)
	for i := range s.thumbnails {
		shown := &s.thumbnails[i]
		tags, more := shown.tags(classes, s.threshold)
		p := img{Name: shown.name, URL: shown.url, Width: shown.width, Height: shown.height, More: more, None: len(tags) == 0}
		for _, t := range tags {
			sign, word := verdictSign(t.Verdict)
			p.Tags = append(p.Tags, imageTag{t.Class, strconv.FormatFloat(t.Score, 'f', 2, 64), t.Verdict, sign, word})
		}
		g.Thumbnails = append(g.Thumbnails, p)
	}
	return g
}

// verdictSign tells verdicts apart without colour.
func verdictSign(verdict string) (sign, word string) {
	switch verdict {
	case verdictHit:
		return "✓", "hit"
	case verdictFalse:
		return "✗", "false alarm"
	case verdictMiss:
		return "○", "missed"
	}
	return "?", "unknown"
}
