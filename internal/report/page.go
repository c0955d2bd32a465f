package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"strconv"

	"csl/internal/config"
	"csl/internal/count"
	"csl/internal/metric"
	"csl/internal/rundir"
)

//go:embed page.html
var pageSource string

//go:embed scored.html
var scoredSource string

//go:embed shared.html
var sharedSource string

//go:embed page.css
var pageStyle string

//go:embed script.js
var pageScript string

// page is what the template shows. Empty parts are omitted.
type page struct {
	Title, Version string
	Style          template.CSS
	Script         template.JS
	Best           string   // one sentence on the best run
	Notes          []string // what to keep in mind when reading
	Missing        []string
	Rows           []tableRow
	Repeats        []Repeat
	Names          []string // of the runs
	Differences    []difference
	Curves         []*drawing
	Paired         *pairedTable
	Plots          []*drawing
	Classes        *classTable
	Groups         *groupTable
	Prior          *priorTable
	Lists          []cellGallery
	Thumbnails     *gallery
	Made           []recipe
}

// tableRow is a run in the comparison.
type tableRow struct {
	Name, Dir, Model, Mode, Seed, Epochs string
	Best, Weights, At                    string
	MAPPartial, MAPO, Time               string
	Width                                string // of the bar behind mAP(C), metric.Percent
	Color                                int
	Star                                 bool
}

// difference is a setting in which the runs are not alike.
type difference struct {
	Key    string
	Values []string
}

// recipe is how to make a run again.
type recipe struct {
	Name, Dir, Command, Text string
}

func newPage(runs []*run, pairs []Pair, s *Summary, version string) *page {
	p := &page{Title: "csl: " + runs[0].name, Version: version, Style: style(), Script: script(), Missing: s.Missing, Repeats: s.Repeats}
	if len(runs) > 1 {
		p.Title = fmt.Sprintf("csl: %s compared", count.Of(len(runs), "run"))
	}
	for i, r := range runs {
		p.Names = append(p.Names, r.name)
		p.Rows = append(p.Rows, newTableRow(r, s.Runs[i], i, i == s.Best && len(runs) > 1))
		p.Made = append(p.Made, recipe{
			Name: r.name, Dir: r.dir, Text: r.text,
			Command: "csl train --config " + filepath.ToSlash(filepath.Join(r.dir, rundir.Config)) + " --out NEW_FOLDER",
		})
	}
	if s.Best >= 0 {
		p.Best = bestSentence(runs, s)
	}
	p.Notes = notes(runs, s)
	p.Differences = differences(runs)
	p.Curves = curves(runs)
	best := runs[max(s.Best, 0)]
	if best.scored != nil {
		p.Paired = newPairedTable(best.name, pairs)
		p.Plots = plots(subjects(runs, best))
		p.Lists = best.scored.found.galleries()
		p.Classes = runClassTable(runs, best)
		p.Groups = newGroupTable(groupingOf(best.scored), subjects(runs, best))
		p.Thumbnails = newGallery(best)
	}
	p.Prior = newPriorTable(runs, best)
	return p
}

func (p *page) write(w io.Writer) error {
	t, err := templates()
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := t.ExecuteTemplate(w, "page", p); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

func newTableRow(r *run, row Row, i int, star bool) tableRow {
	t := tableRow{
		Name: r.name, Dir: filepath.ToSlash(r.dir), Model: row.Model, Mode: row.Mode, Seed: strconv.FormatUint(row.Seed, 10),
		Epochs: row.epochs(), Best: row.best(), Weights: weightsName(row.Weights),
		MAPPartial: metric.Percent(row.MAPPartial), MAPO: metric.Percent(row.MAPO), Time: clock(row.Seconds),
		Width: "0", Color: i % colors, Star: star,
	}
	if row.MAPPartial != nil {
		t.Width = coordinate(*row.MAPPartial)
	}
	if row.BestEpoch > 0 {
		t.At = strconv.Itoa(row.BestEpoch)
	}
	return t
}

func bestSentence(runs []*run, s *Summary) string {
	row := s.Runs[s.Best]
	text := fmt.Sprintf("%s after epoch %d of %d, %s weights", row.best(), row.BestEpoch, row.Planned, weightsName(row.Weights))
	if len(runs) == 1 {
		return "Best: " + text + "."
	}
	return "Highest: " + runs[s.Best].name + ", " + text + "."
}

// differences lists the settings in which the runs are not alike, in the order of the table of
// settings; their folders do not count.
func differences(runs []*run) []difference {
	var out []difference
	if len(runs) < 2 {
		return nil
	}
	values := make([]map[string]string, len(runs))
	for i, r := range runs {
		values[i] = r.cfg.Values()
	}
	for _, key := range config.Keys() {
		if key.Name == "train.out" {
			continue
		}
		d := difference{Key: key.Name}
		differ := false
		for _, v := range values {
			d.Values = append(d.Values, v[key.Name])
			differ = differ || v[key.Name] != values[0][key.Name]
		}
		if differ {
			out = append(out, d)
		}
	}
	return out
}
