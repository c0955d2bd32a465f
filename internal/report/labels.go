package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
)

//go:embed labels.html
var labelsSource string

// Labels is what the page on a set of labels shows.
type Labels struct {
	Title, Version string       // heading, and csl's version
	Facts          []LabelFact  // sentences, as name and value
	Histogram      []int        // images by their number of present labels, from 0
	Classes        []LabelClass // in any order
	Pairs          []LabelPair  // most frequent first
	FPC            []LabelTouch // classes that lose labels with fpc of that many
	Shares         []LabelTouch // classes present in at least that share of images
}

// LabelFact is one number with its name.
type LabelFact struct {
	Name, Value string // what is counted, and the number as text
}

// LabelClass counts the labels of a class.
type LabelClass struct {
	Name                          string // of the class
	Positives, Negatives, Unknown int64  // images with each state
}

// LabelPair is two classes that are present together; Lift is as in labels.Pair.
type LabelPair struct {
	A, B  string  // names of the classes
	Count int64   // images with both
	Lift  float64 // how much more often than by chance
}

// LabelTouch is how many classes a limit would touch.
type LabelTouch struct {
	At      string // the limit, as text
	Classes int    // number of classes that it touches
}

// mostLabelRows is how many classes the table shows; more would make the page slow.
const mostLabelRows = 300

// labelPage is what the template shows.
type labelPage struct {
	*Labels
	Style  template.CSS
	Charts []*drawing
	Rows   []labelRow
	Joint  []pairRow
	More   int
}

type labelRow struct {
	LabelClass
	Known, Width string // percent
}

type pairRow struct {
	LabelPair
	Text, Width string
}

// WriteLabels writes a page, complete in itself, with plots of the labels.
func WriteLabels(w io.Writer, l *Labels) error {
	t, err := templates()
	if err == nil {
		err = t.ExecuteTemplate(w, "labels", newLabelPage(l))
	}
	if err != nil {
		return fmt.Errorf("page of labels: %w", err)
	}
	return nil
}

func newLabelPage(l *Labels) *labelPage {
	p := &labelPage{Labels: l, Style: template.CSS(pageStyle)}
	sorted := slices.Clone(l.Classes)
	slices.SortStableFunc(sorted, func(a, b LabelClass) int { return cmp.Compare(b.Positives, a.Positives) })
	for _, c := range []chart{tailChart(sorted), histogramChart(l.Histogram), knownChart(sorted)} {
		if d := c.draw(); d != nil {
			p.Charts = append(p.Charts, d)
		}
	}
	most := int64(1)
	if len(sorted) > 0 {
		most = max(most, sorted[0].Positives)
	}
	for _, c := range sorted[:min(mostLabelRows, len(sorted))] {
		p.Rows = append(p.Rows, labelRow{c, coordinate(100 * c.known()), coordinate(100 * float64(c.Positives) / float64(most))})
	}
	p.More = len(sorted) - len(p.Rows)
	highest := 0.0
	for _, pair := range l.Pairs {
		highest = max(highest, pair.Lift)
	}
	for _, pair := range l.Pairs {
		p.Joint = append(p.Joint, pairRow{pair, strconv.FormatFloat(pair.Lift, 'f', 2, 64), coordinate(100 * pair.Lift / highest)})
	}
	return p
}

// known is the share of the class's cells that are not unknown.
func (c LabelClass) known() float64 {
	known := float64(c.Positives + c.Negatives)
	return known / max(1, known+float64(c.Unknown))
}

// tailChart is the long tail: present labels by rank of the class.
func tailChart(sorted []LabelClass) chart {
	var s series
	for i, c := range sorted {
		if c.Positives > 0 { // else averaging neighbours would make parts of an image
			s.x, s.y = append(s.x, float64(i+1)), append(s.y, float64(c.Positives))
		}
	}
	return chart{title: "Long tail", note: "images in which a class is present, logarithmic; classes never present are not drawn", xName: "class, most frequent first", logY: true, series: []series{s}}
}

func histogramChart(images []int) chart {
	var s series
	for n, count := range images {
		s.x, s.y = append(s.x, float64(n)), append(s.y, float64(count))
	}
	return chart{title: "Labels per image", note: "images by their number of present labels", xName: "present labels", zero: true, series: []series{s}}
}

// knownChart is the share known of each class, present and absent labels together.
func knownChart(sorted []LabelClass) chart {
	s := series{color: 2}
	for i, c := range sorted {
		s.x, s.y = append(s.x, float64(i+1)), append(s.y, 100*c.known())
	}
	return chart{title: "Share known", note: "images in which a class is known to be present or absent", xName: "class, most frequent first", unit: "%", zero: true, series: []series{s}}
}
