package report

import (
	"fmt"
	"testing"

	"csl/internal/metric"
)

func TestOfManyClassesTheBestAndTheWorstAreListed(t *testing.T) {
	r := &run{name: "big", scored: &scored{report: &metric.Report{}}}
	for i := range 9605 {
		c := metric.ClassResult{Class: fmt.Sprint("c", i), Positives: i}
		if ap := float64(i%9601) / 100; i%2 == 0 {
			c.AP = &ap
		} else {
			r.scored.report.SkippedClasses = append(r.scored.report.SkippedClasses, metric.SkippedClass{Class: c.Class, Why: "no positives"})
		}
		r.scored.report.PerClass = append(r.scored.report.PerClass, c)
	}
	table := runClassTable([]*run{r}, r)
	n := len(table.Rows)
	if n != mostClasses || table.Hidden != 4803-mostClasses || !table.Rows[n/2].Gap || len(table.Skipped) != mostSkipped || table.SkippedMore != 4802-mostSkipped {
		t.Errorf("%d rows, %d hidden, %d skipped and %d more", n, table.Hidden, len(table.Skipped), table.SkippedMore)
	}
	for i := 1; i < n; i++ {
		if number(table.Rows[i].AP) > number(table.Rows[i-1].AP) {
			t.Fatalf("row %d has %s after %s", i, table.Rows[i].AP, table.Rows[i-1].AP)
		}
	}
	if table.Rows[n-1].AP != "0.00" || len(table.Counts) != 1 {
		t.Errorf("last row %+v", table.Rows[n-1])
	}
}

func TestClassesOfOtherRunsAreMatchedByName(t *testing.T) {
	ap := func(v float64) *float64 { return &v }
	a := &run{name: "a", scored: &scored{report: &metric.Report{PerClass: []metric.ClassResult{{Class: "x", AP: ap(10)}, {Class: "y", AP: ap(20)}}}}}
	b := &run{name: "b", scored: &scored{report: &metric.Report{PerClass: []metric.ClassResult{{Class: "y", AP: ap(30)}}}}}
	table := runClassTable([]*run{a, b, {name: "c"}}, a)
	if got := fmt.Sprintln(table.Others, table.Rows[0].Class, table.Rows[0].Others, table.Rows[1].Others); got != "[b] y [30.00] [-]\n" {
		t.Errorf("got %s", got)
	}
}
