package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"csl/internal/rundir"
)

// curves are the charts of the runs: validation first, then what each run's training looked like.
func curves(runs []*run) []*drawing {
	all := []chart{
		validationChart(runs, "mAP(C) in validation", func(s rundir.Scores) *float64 { return s.MAPPartial }),
		validationChart(runs, "mAP(O) in validation", func(s rundir.Scores) *float64 { return s.MAPO }),
		rateChart(runs),
	}
	for _, r := range runs {
		all = append(all, lossChart(r, len(runs) > 1))
	}
	for _, r := range runs {
		all = append(all, droppedChart(r, len(runs) > 1))
	}
	var out []*drawing
	for _, c := range all {
		if d := c.draw(); d != nil {
			out = append(out, d)
		}
	}
	return out
}

// validationChart has two lines a run: its weights and, dashed, their average.
func validationChart(runs []*run, title string, value func(rundir.Scores) *float64) chart {
	c := chart{title: title, xName: "epoch", unit: "%"}
	averaged := false
	for i, r := range runs {
		regular := series{name: r.name, color: i}
		average := series{color: i, dashed: true}
		for _, v := range r.log.Validations {
			x := float64(v.Epoch + 1)
			regular.add(x, orGap(value(v.Regular)))
			average.add(x, orGap(value(v.EMA)))
			averaged = averaged || value(v.EMA) != nil
		}
		c.series = append(c.series, average, regular)
	}
	if averaged {
		c.note = "Solid: the weights as trained. Dashed: their moving average (EMA)."
	}
	return c
}

func (s *series) add(x, y float64) { s.x, s.y = append(s.x, x), append(s.y, y) }

func orGap(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

// rateChart draws each different learning rate once, under the name of the first run that has it.
func rateChart(runs []*run) chart {
	c := chart{title: "Learning rate", xName: "step", zero: true}
	for i, r := range runs {
		s := stepSeries(r, r.name, i, func(s rundir.Step) float64 { return s.LR })
		if !slices.ContainsFunc(c.series, func(other series) bool { return sameLine(s, other) }) {
			c.series = append(c.series, s)
		}
	}
	if len(runs) > 1 && len(c.series) == 1 {
		c.series[0].name = "all runs"
	}
	return c
}

func sameLine(a, b series) bool {
	return slices.Equal(a.x, b.x) && slices.Equal(a.y, b.y)
}

func stepSeries(r *run, name string, color int, value func(rundir.Step) float64) series {
	s := series{name: name, color: color}
	for _, step := range r.log.Steps {
		s.add(float64(step.Step), value(step))
	}
	return s
}

// lossChart has the loss of one run and its terms.
func lossChart(r *run, named bool) chart {
	return chart{
		title: titleOf(r, named, "training loss per image"), xName: "step", logY: true,
		note: "Logarithmic. Modes drop or weigh terms differently: compare shapes, not heights.",
		series: []series{
			stepSeries(r, "total", 0, func(s rundir.Step) float64 { return s.Loss }),
			stepSeries(r, "positives", 2, func(s rundir.Step) float64 { return s.Positive }),
			stepSeries(r, "negatives", 1, func(s rundir.Step) float64 { return s.Negative }),
			stepSeries(r, "unknown", 3, func(s rundir.Step) float64 { return s.Unknown }),
		},
	}
}

// droppedChart has the shares of unknown labels that one run dropped; empty if it dropped none.
func droppedChart(r *run, named bool) chart {
	gate := r.cfg.PriorSelection()
	c := chart{
		title: titleOf(r, named, "unknown labels dropped from the loss"), xName: "step", unit: "%", zero: true,
		note: fmt.Sprintf("By the class prior (%s %v), by top-K (K = %d), and by either of them.", gate.Key(), gate.Value(), r.cfg.Loss.TopK),
	}
	any := false
	for _, s := range r.log.Steps {
		any = any || s.Dropped > 0
	}
	if any {
		c.series = []series{
			stepSeries(r, "either", 0, func(s rundir.Step) float64 { return 100 * s.Dropped }),
			stepSeries(r, "prior", 2, func(s rundir.Step) float64 { return 100 * s.DroppedPrior }),
			stepSeries(r, "top-K", 1, func(s rundir.Step) float64 { return 100 * s.DroppedTopK }),
		}
	}
	return c
}

func titleOf(r *run, named bool, what string) string {
	if named {
		return r.name + ": " + what
	}
	return strings.ToUpper(what[:1]) + what[1:]
}
