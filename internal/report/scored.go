package report

import (
	"fmt"
	"html/template"
	"io"

	"csl/internal/metric"
)

// Scored is what the page on scored models shows.
type Scored struct {
	Title, Version string   // heading, and csl's version
	Models         []Model  // the first is the one that the others are compared with
	Pairs          []Pair   // of the other models with the first
	Notes          []string // to keep in mind when reading
}

// Model is a model, or a file of scores, that was scored.
type Model struct {
	Name        string              // as the page calls it, unlike the others'
	Report      *metric.Report      // its metrics
	Cells       *metric.Accumulator // its annotated cells
	Calibration *metric.Calibration // nil where there is none
	Bootstrap   *metric.Bootstrap   // nil without intervals
	Found       *Collector          // nil without lists and distributions
	Prior       []float32           // class prior; nil without
	Low, High   []float32           // its interval; nil without
	PriorFrom   string              // where the prior is from, as the end of a sentence
	Thresholds  string              // above which a class counts as present, as text
}

// scoredPage is what the template shows.
type scoredPage struct {
	*Scored
	Style, Script any
	Rows          []scoredRow
	Intervals     bool
	Paired        *pairedTable
	Charts        []*drawing
	Groups        *groupTable
	Prior         *priorTable
	Lists         []cellGallery
	Classes       *classTable
}

// scoredRow is a model in the table of means.
type scoredRow struct {
	Name, MAPPartial, MAPWeighted, MAPO, MAP, Width string
	Partial95, Overall95                            string
	CF1, OF1, Threshold                             string
	Color                                           int
}

// WriteScored writes a page, complete in itself, on models that were scored.
func WriteScored(w io.Writer, s *Scored) error {
	if len(s.Models) == 0 {
		return fmt.Errorf("page of scores: no model")
	}
	t, err := templates()
	if err == nil {
		err = t.ExecuteTemplate(w, "scored", newScoredPage(s))
	}
	if err != nil {
		return fmt.Errorf("page of scores: %w", err)
	}
	return nil
}

func newScoredPage(s *Scored) *scoredPage {
	p := &scoredPage{Scored: s, Style: style(), Script: script()}
	var all []subject
	for i := range s.Models {
		m := &s.Models[i]
		p.Rows = append(p.Rows, newScoredRow(m, i))
		p.Intervals = p.Intervals || m.Bootstrap != nil
		all = append(all, subject{name: m.Name, color: i, report: m.Report, cells: m.Cells, calibration: m.Calibration, found: m.Found})
	}
	first := &s.Models[0]
	p.Paired = newPairedTable(first.Name, s.Pairs)
	p.Charts = plots(all)
	p.Groups = newGroupTable(scoredGrouping(first.Report), all)
	p.Prior = first.priorTable()
	if first.Found != nil {
		p.Lists = first.Found.galleries()
	}
	classes := first.Report.PerClass
	p.Classes = newClassTable(all, []classCount{
		{"known present", func(c int) int64 { return int64(classes[c].Positives) }},
		{"known absent", func(c int) int64 { return int64(classes[c].Negatives) }},
		{"unknown", func(c int) int64 { return int64(classes[c].Unknown) }},
	})
	p.Classes.Note = "Numbers of images by what their labels say of the class."
	return p
}

func newScoredRow(m *Model, i int) scoredRow {
	r := m.Report
	row := scoredRow{
		Name: m.Name, MAPPartial: metric.Percent(r.MAPPartial), MAPWeighted: metric.Percent(r.MAPWeighted), MAPO: metric.Percent(r.MAPO),
		MAP: metric.Percent(r.MAP), Width: "0", Partial95: "-", Overall95: "-", CF1: metric.Percent(r.CF1), OF1: metric.Percent(r.OF1),
		Threshold: m.Thresholds, Color: i % colors,
	}
	if r.MAPPartial != nil {
		row.Width = coordinate(*r.MAPPartial)
	}
	if b := m.Bootstrap; b != nil {
		row.Partial95, row.Overall95 = intervalText(b.MAPPartial), intervalText(b.MAPO)
	}
	return row
}

func intervalText(i *metric.Interval) string {
	if i == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f to %.2f", i.Low, i.High)
}

// scoredGrouping orders classes by their annotations in the labels that they are scored by.
func scoredGrouping(r *metric.Report) grouping {
	var counts []int
	for _, c := range r.PerClass {
		counts = append(counts, c.Positives+c.Negatives)
	}
	return newGrouping("number of annotations in the scored labels", counts, "number of scored images with the class", r)
}

// priorTable is what is known of how often classes occur; nil where that is too little.
func (m *Model) priorTable() *priorTable {
	classes := m.Report.PerClass
	s := &shares{classes: classNames(m.Report), mean: m.Found.means(), countOf: "scored", truthOf: "scored images"}
	if len(m.Prior) == len(classes) {
		s.estimate = widen(m.Prior)
		if len(m.Low) == len(classes) {
			s.low, s.high = widen(m.Low), widen(m.High)
		}
	}
	if s.estimate == nil && s.mean == nil {
		return nil
	}
	for _, c := range classes {
		s.count = append(s.count, float64(c.Positives)/float64(max(1, m.Report.Images)))
	}
	if s.truth = annotatedShares(classes); s.truth != nil {
		s.count = nil // which is the same
	}
	t := s.table()
	t.From = m.PriorFrom
	if !t.Estimated {
		t.From = "the mean score of " + m.Name
	}
	return t
}

// style is the style sheet of all pages.
func style() template.CSS { return template.CSS(pageStyle) }

// script is what tables can do where scripts run.
func script() template.JS { return template.JS(pageScript) }

// templates are the pages and what they share.
func templates() (*template.Template, error) {
	t := template.New("pages")
	for name, source := range map[string]string{"page": pageSource, "labels": labelsSource, "scored": scoredSource, "shared": sharedSource} {
		if _, err := t.New(name).Parse(source); err != nil {
			return nil, err
		}
	}
	return t, nil
}
