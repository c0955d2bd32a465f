package sweep

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"csl/internal/count"
	"csl/internal/metric"
	"csl/internal/report"
	"csl/internal/rundir"
	"csl/internal/safefile"
)

// PageFile is the page for people in the sweep's folder.
const PageFile = "sweep.html"

// WritePage writes the table as a page into the sweep's folder and returns its path.
func (t *Table) WritePage(fsys safefile.FS, version string) (path string, err error) {
	page := &report.Tables{
		Title: "csl: " + filepath.Base(t.out), Version: version,
		Lead: fmt.Sprintf("%d of %s complete.", t.Complete, count.Of(t.Runs, "run")),
		Notes: []string{
			"In percent, on annotated test labels only: mean ± standard deviation over the seeds. mAP(C) is the mean over classes of their average precision; mAP(O) ranks all labels of all images together.",
			"Settings were chosen by the validation images; each chosen run was scored once on the test images.",
			fmt.Sprintf("95 %% intervals of paired differences: over seeds by Student's t, over test images by %s of the images.", count.Of(t.Draws, "draw")),
		},
	}
	for _, g := range t.Groups {
		page.Sections = append(page.Sections, t.section(g))
	}
	path = filepath.Join(t.out, PageFile)
	return path, safefile.Write(fsys, path, func(w io.Writer) error { return report.WriteTables(w, page) })
}

// section is a group on the page.
func (t *Table) section(g Group) report.Section {
	s := report.Section{Title: g.Name, Text: count.Of(g.Images, "test image")}
	scores := report.DataTable{Head: []string{"variant", "mAP(C)", "mAP(O)", "seeds", "chosen by validation"}}
	for _, v := range g.Variants {
		scores.Rows = append(scores.Rows, []string{v.Name, v.MAPPartial.String(), v.MAPO.String(), fmt.Sprint(len(v.Seeds)), v.choice()})
		width := 0.0
		if v.MAPPartial.Mean != nil {
			width = *v.MAPPartial.Mean
		}
		scores.Bars = append(scores.Bars, width)
	}
	s.Tables = append(s.Tables, scores)
	if rows := groupRows(g); len(rows) > 1 {
		s.Tables = append(s.Tables, report.DataTable{
			Title: fmt.Sprintf("mAP(C) by %s of the class among the test labels, the rarest classes first", g.By), Head: rows[0], Rows: rows[1:],
		})
	}
	if tried := triedRows(g); len(tried) > 0 {
		s.Tables = append(s.Tables, report.DataTable{
			Title: "Settings tried, with their mean score on the validation images", Head: []string{"variant", "settings", "score"}, Rows: tried,
		})
	}
	for _, name := range t.compare {
		for _, m := range []struct {
			name string
			of   func(Difference) Margin
		}{{"mAP(C)", func(d Difference) Margin { return d.MAPPartial }}, {"mAP(O)", func(d Difference) Margin { return d.MAPO }}} {
			plot := report.Intervals{
				Title: fmt.Sprintf("%s: difference to %s", m.name, name), Note: "above: interval over seeds; below: over test images",
			}
			for _, v := range g.Variants {
				if d, ok := g.between(v.Name, name); ok && m.of(d).Mean != nil {
					plot.Rows = append(plot.Rows, whisker(v.Name, m.of(d)))
				}
			}
			if len(plot.Rows) > 0 {
				s.Intervals = append(s.Intervals, plot)
			}
		}
	}
	return s
}

// whisker is a difference as it is drawn.
func whisker(name string, m Margin) report.Whisker {
	w := report.Whisker{Name: name, Value: *m.Mean}
	for i, span := range []*metric.Interval{m.Seeds, m.Images} {
		w.Low[i], w.High[i] = math.NaN(), math.NaN()
		if span != nil {
			w.Low[i], w.High[i] = span.Low, span.High
		}
	}
	return w
}

// triedRows are the combinations of all variants.
func triedRows(g Group) (rows [][]string) {
	for _, v := range g.Variants {
		for _, k := range v.Tried {
			text := k.text
			if v.Chosen != nil && text == v.text {
				text += " ★"
			}
			rows = append(rows, []string{v.Name, text, strings.TrimSpace(rundir.MetricName(k.By) + " " + metric.Percent(k.Val))})
		}
	}
	return rows
}
