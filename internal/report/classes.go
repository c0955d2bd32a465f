package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"csl/internal/metric"
)

// classTable has every class, the best first.
type classTable struct {
	Best     string   // the run that orders them
	Others   []string // further runs with results
	Training bool     // whether the numbers of training labels are known
	Rows     []classRow
	Hidden   int // classes in the middle that are not shown
	Skipped  []metric.SkippedClass
	// SkippedMore counts those that Skipped leaves out.
	SkippedMore int
}

type classRow struct {
	Class              string
	AP, Width          string
	Others             []string
	Positive, Negative string // training labels
	Val                string // validation images with it
	Gap                bool   // classes not shown before this one
}

// mostClasses is how many classes a page lists; of more, the best and the worst.
const mostClasses = 200

func newClassTable(runs []*run, best *run) *classTable {
	t := &classTable{Best: best.name, Training: len(best.scored.training) > 0, Skipped: best.scored.report.SkippedClasses}
	var others []map[string]*float64
	for _, r := range runs {
		if r == best || r.scored == nil {
			continue
		}
		t.Others = append(t.Others, r.name)
		aps := map[string]*float64{}
		for _, c := range r.scored.report.PerClass {
			aps[c.Class] = c.AP
		}
		others = append(others, aps)
	}
	for i, c := range best.scored.report.PerClass {
		if c.AP == nil {
			continue
		}
		row := classRow{Class: c.Class, AP: metric.Percent(c.AP), Width: coordinate(*c.AP), Val: strconv.Itoa(c.Positives)}
		for _, aps := range others {
			row.Others = append(row.Others, metric.Percent(aps[c.Class]))
		}
		if t.Training {
			n := best.scored.training[i]
			row.Positive, row.Negative = strconv.FormatInt(n.Positives, 10), strconv.FormatInt(n.Negatives, 10)
		}
		t.Rows = append(t.Rows, row)
	}
	slices.SortStableFunc(t.Rows, func(a, b classRow) int { return cmp.Compare(number(b.AP), number(a.AP)) })
	if n := len(t.Rows); n > mostClasses {
		t.Hidden = n - mostClasses
		t.Rows = slices.Concat(t.Rows[:mostClasses/2], t.Rows[n-mostClasses/2:])
		t.Rows[mostClasses/2].Gap = true
	}
	if n := len(t.Skipped); n > mostClasses {
		t.Skipped, t.SkippedMore = t.Skipped[:mostClasses], n-mostClasses
	}
	return t
}

func number(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return -1
	}
	return v
}

// groupTable has the classes in groups by frequency.
type groupTable struct {
	By    string
	Names []string
	Rows  []groupRow
}

type groupRow struct {
	Label, Classes string
	Maps           []string
	Widths         []string
}

// newGroupTable is nil where there are too few classes for groups.
func newGroupTable(runs []*run, best *run) *groupTable {
	g := groupingOf(best.scored)
	t := &groupTable{By: g.by}
	first, err := g.of(best.scored.report)
	if err != nil {
		return nil
	}
	for _, group := range first {
		t.Rows = append(t.Rows, groupRow{Label: between(group.From, group.To), Classes: strconv.Itoa(group.Classes)})
	}
	names := classNames(best.scored.report)
	for _, r := range runs {
		if r.scored == nil || !slices.Equal(classNames(r.scored.report), names) {
			continue
		}
		groups, err := g.of(r.scored.report)
		if err != nil || len(groups) != len(first) {
			continue
		}
		t.Names = append(t.Names, r.name)
		for i, group := range groups {
			width := "0"
			if group.MAP != nil {
				width = coordinate(*group.MAP)
			}
			t.Rows[i].Maps, t.Rows[i].Widths = append(t.Rows[i].Maps, metric.Percent(group.MAP)), append(t.Rows[i].Widths, width)
		}
	}
	return t
}

func between(from, to int) string {
	if from == to {
		return strconv.Itoa(from)
	}
	return fmt.Sprintf("%d to %d", from, to)
}
