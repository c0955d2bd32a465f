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
	Best    string   // the model that orders them
	Others  []string // further models with results
	Counts  []string // headings of the numbers of labels
	Note    string
	Rows    []classRow
	Hidden  int // classes in the middle that are not shown
	Skipped []metric.SkippedClass
	// SkippedMore counts those that Skipped leaves out.
	SkippedMore int
}

type classRow struct {
	Class     string
	AP, Width string
	Others    []string
	Counts    []string
	Gap       bool // classes not shown before this one
}

// mostClasses is how many classes a page lists; of more, the best and the worst.
const mostClasses = 1000

// mostSkipped is how many classes without an average precision a page lists.
const mostSkipped = 200

// classCount is a column of numbers, one for each class.
type classCount struct {
	heading string
	of      func(class int) int64
}

// newClassTable lists the classes of the first subject that have an average precision.
func newClassTable(all []subject, counts []classCount) *classTable {
	best := all[0].report
	t := &classTable{Best: all[0].name, Skipped: best.SkippedClasses}
	for _, c := range counts {
		t.Counts = append(t.Counts, c.heading)
	}
	var others []map[string]*float64
	for _, s := range all[1:] {
		t.Others = append(t.Others, s.name)
		aps := map[string]*float64{}
		for _, c := range s.report.PerClass {
			aps[c.Class] = c.AP
		}
		others = append(others, aps)
	}
	for i, c := range best.PerClass {
		if c.AP == nil {
			continue
		}
		row := classRow{Class: c.Class, AP: metric.Percent(c.AP), Width: coordinate(*c.AP)}
		for _, aps := range others {
			row.Others = append(row.Others, metric.Percent(aps[c.Class]))
		}
		for _, n := range counts {
			row.Counts = append(row.Counts, strconv.FormatInt(n.of(i), 10))
		}
		t.Rows = append(t.Rows, row)
	}
	slices.SortStableFunc(t.Rows, func(a, b classRow) int { return cmp.Compare(number(b.AP), number(a.AP)) })
	if n := len(t.Rows); n > mostClasses {
		t.Hidden = n - mostClasses
		t.Rows = slices.Concat(t.Rows[:mostClasses/2], t.Rows[n-mostClasses/2:])
		t.Rows[mostClasses/2].Gap = true
	}
	if n := len(t.Skipped); n > mostSkipped {
		t.Skipped, t.SkippedMore = t.Skipped[:mostSkipped], n-mostSkipped
	}
	return t
}

// runClassTable has the classes of runs, the best run first, with the labels of its training.
func runClassTable(runs []*run, best *run) *classTable {
	all := subjects(runs, best)
	training := best.scored.training
	var counts []classCount
	if len(training) > 0 {
		counts = []classCount{
			{"known present", func(c int) int64 { return training[c].Positives }},
			{"known absent", func(c int) int64 { return training[c].Negatives }},
		}
	}
	classes := best.scored.report.PerClass
	counts = append(counts, classCount{"present in validation", func(c int) int64 { return int64(classes[c].Positives) }})
	t := newClassTable(all, counts)
	if len(training) > 0 {
		t.Note = "Known labels are those it was trained with."
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

// newGroupTable sets the groups of models side by side; those with other classes are left out. It is nil where there are
// too few classes for groups.
func newGroupTable(g grouping, all []subject) *groupTable {
	t := &groupTable{By: g.by}
	first, err := g.of(all[0].report)
	if err != nil {
		return nil
	}
	for _, group := range first {
		t.Rows = append(t.Rows, groupRow{Label: between(group.From, group.To), Classes: strconv.Itoa(group.Classes)})
	}
	names := classNames(all[0].report)
	for _, s := range all {
		if !slices.Equal(classNames(s.report), names) {
			continue
		}
		groups, err := g.of(s.report)
		if err != nil || len(groups) != len(first) {
			continue
		}
		t.Names = append(t.Names, s.name)
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
