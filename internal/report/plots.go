package report

import (
	"cmp"
	"fmt"
	"slices"

	"csl/internal/metric"
)

// subject is a model that was scored: what plots are made of.
type subject struct {
	name        string
	color       int
	report      *metric.Report
	cells       *metric.Accumulator // its annotated cells
	calibration *metric.Calibration // nil without cells, or where scores are no probabilities
	found       *Collector
}

// subjects are the runs that were scored, the best first; runs keep their colours by their place, so the others follow
// in order.
func subjects(runs []*run, best *run) []subject {
	all := []subject{best.subject(runs)}
	for _, r := range runs {
		if r != best && r.scored != nil {
			all = append(all, r.subject(runs))
		}
	}
	return all
}

// subject is a run that was scored.
func (r *run) subject(runs []*run) subject {
	s := r.scored
	return subject{
		name: r.name, color: slices.Index(runs, r), report: s.report, cells: s.cells, calibration: s.calibration, found: s.found,
	}
}

// plots are the charts of scored models: curves of all, and details of the first.
func plots(all []subject) []*drawing {
	charts := []chart{curveChart(all), classCurveChart(all), reliabilityChart(all)}
	for _, s := range all {
		charts = append(charts, scoreChart(s, len(all) > 1))
	}
	var out []*drawing
	for _, c := range charts {
		if d := c.draw(); d != nil {
			out = append(out, d)
		}
	}
	return out
}

// curveChart is the precision-recall curve of all annotated cells, a line for each model.
func curveChart(all []subject) chart {
	c := chart{
		title: "Precision and recall", note: "All annotated cells in one ranking; the area is about mAP(O).",
		xName: "recall, %", unit: "%", square: true,
	}
	for _, s := range all {
		c.series = append(c.series, curveSeries(s.name, s.color, s.cells.Overall()))
	}
	return c
}

// classCurveChart has classes of the first model, from the highest average precision to the lowest.
func classCurveChart(all []subject) chart {
	s := all[0]
	c := chart{
		title: "Precision and recall of single classes", note: "Five classes, from the highest average precision to the lowest.",
		xName: "recall, %", unit: "%", square: true,
	}
	if len(all) > 1 {
		c.note = s.name + ": five classes, from the highest average precision to the lowest."
	}
	var ranked []int
	for i, class := range s.report.PerClass {
		if class.AP != nil {
			ranked = append(ranked, i)
		}
	}
	slices.SortStableFunc(ranked, func(a, b int) int {
		return cmp.Compare(*s.report.PerClass[b].AP, *s.report.PerClass[a].AP)
	})
	curves := s.cells.Curves()
	n := min(5, len(ranked))
	for k := range n {
		i := ranked[k*(len(ranked)-1)/max(1, n-1)]
		c.series = append(c.series, curveSeries(s.report.PerClass[i].Class, k, curves[i]))
	}
	return c
}

// curveSeries has a point at most every half percent of recall: of a steep stretch the last one.
func curveSeries(name string, color int, points []metric.Point) series {
	s := series{name: name, color: color}
	last := -1
	for i, p := range points {
		step := int(200 * p.Recall())
		if i+1 < len(points) && step == last {
			continue
		}
		last = step
		s.add(100*p.Recall(), 100*p.Precision())
	}
	return s
}

// reliabilityChart sets scores against how often they are right.
func reliabilityChart(all []subject) chart {
	c := chart{title: "Reliability", xName: "mean score, %", unit: "%", square: true}
	c.note = "Share of positives among annotated cells of a score, in ten bins; dashed: a calibrated model."
	for _, s := range all {
		if s.calibration == nil {
			continue
		}
		line := series{name: s.name, color: s.color, dots: true}
		for _, b := range s.calibration.Bins {
			if b.Cells > 0 {
				line.add(100**b.Score, 100**b.Share)
			}
		}
		c.series = append(c.series, line)
		if len(all) == 1 {
			c.note += fmt.Sprintf(" Expected error %.3f, Brier score %.3f.", s.calibration.ECE, s.calibration.Brier)
		}
	}
	if len(c.series) > 0 {
		c.series = slices.Insert(c.series, 0, series{dashed: true, color: 7, x: []float64{0, 100}, y: []float64{0, 100}})
	}
	return c
}

// scoreChart is the distribution of scores in each label state.
func scoreChart(s subject, named bool) chart {
	title := "Scores by label"
	if named {
		title = s.name + ": scores by label"
	}
	c := chart{title: title, note: "Share of the cells of each state, logarithmic.", xName: "score, %", unit: "%", logY: true, wide: true}
	if s.found == nil || s.found.beyond {
		return c
	}
	for state, name := range [labelStates]string{"present", "absent", "unknown"} {
		total := 0
		for _, n := range s.found.histograms[state] {
			total += n
		}
		if total == 0 {
			continue
		}
		line := series{name: name, color: [labelStates]int{2, 1, 3}[state]}
		for bin, n := range s.found.histograms[state] {
			share := max(100*float64(n)/float64(total), leastShare) // an empty bin lies at the bottom
			line.add(100*float64(bin)/scoreBins, share)
			line.add(100*float64(bin+1)/scoreBins, share)
		}
		c.series = append(c.series, line)
	}
	return c
}

// leastShare is what an empty bin counts as, in percent: below what the axis shows.
const leastShare = 1e-9
