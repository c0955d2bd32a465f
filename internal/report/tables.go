package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
)

//go:embed tables.html
var tablesSource string

// Tables is a page of tables and intervals, such as that of a sweep.
type Tables struct {
	Title, Version string    // heading, and csl's version
	Lead           string    // one sentence below the heading
	Notes          []string  // what to keep in mind when reading
	Sections       []Section // the parts below
}

// Section is a part of the page with its own heading.
type Section struct {
	Title, Text string      // heading, and a sentence below it; either may be empty
	Tables      []DataTable // in order
	Intervals   []Intervals // below the tables
}

// DataTable is a table; the first cell of a row heads it.
type DataTable struct {
	Title string     // a sentence above it
	Head  []string   // one per column
	Rows  [][]string // cells as text
	Bars  []float64  // one per row or none: the length of a bar behind the second cell, 0 to 100
}

// Intervals are differences with whiskers around a line at zero.
type Intervals struct {
	Title, Note string    // above the plot
	Rows        []Whisker // from the top
}

// Whisker is a difference with up to two intervals, the second drawn below the first.
type Whisker struct {
	Name  string  // of what is compared
	Value float64 // the difference
	// Low and High are the ends of the intervals; NaN for none.
	Low, High [2]float64
}

// Sizes of the plot of intervals.
const (
	whiskerW, whiskerRow, whiskerTop = 560.0, 26.0, 6.0
	whiskerLeft, whiskerRight        = 170.0, whiskerW - 60
	whiskerName                      = 24 // characters
	whiskerEndGap                    = 60 // that an end of the scale needs beside zero
)

// whiskers is a plot ready for the template.
type whiskers struct {
	Title, Note         string
	W, H, Zero, Bottom  float64
	TextX, Right, ZeroY float64
	Ends                []whiskerEnd // the least and the largest value drawn
	Rows                []whiskerLine
}

// whiskerEnd is an end of the scale.
type whiskerEnd struct {
	X            float64
	Text, Anchor string
}

type whiskerLine struct {
	Name, Text string
	X, Y       float64
	Lines      []whiskerSpan
}

type whiskerSpan struct {
	X1, X2, Y float64
	Color     int
}

// tablesPage is what the template shows.
type tablesPage struct {
	*Tables
	Style template.CSS
	Parts []tablesPart
}

type tablesPart struct {
	Section
	Bars  [][]string // of each table: of each row
	Plots []whiskers
}

// WriteTables writes the page, complete in itself.
func WriteTables(w io.Writer, t *Tables) error {
	page := &tablesPage{Tables: t, Style: template.CSS(pageStyle)}
	for _, s := range t.Sections {
		part := tablesPart{Section: s}
		for _, table := range s.Tables {
			bars := make([]string, len(table.Rows))
			for i, v := range table.Bars {
				bars[i] = coordinate(math.Max(0, math.Min(v, 100)))
			}
			part.Bars = append(part.Bars, bars)
		}
		for _, i := range s.Intervals {
			part.Plots = append(part.Plots, i.draw())
		}
		page.Parts = append(page.Parts, part)
	}
	tmpl, err := template.New("tables").Parse(tablesSource)
	if err == nil {
		err = tmpl.Execute(w, page)
	}
	if err != nil {
		return fmt.Errorf("page of tables: %w", err)
	}
	return nil
}

// draw places differences and whiskers.
func (i Intervals) draw() whiskers {
	low, high := 0.0, 0.0
	for _, r := range i.Rows {
		for _, v := range []float64{r.Value, r.Low[0], r.Low[1], r.High[0], r.High[1]} {
			if !math.IsNaN(v) {
				low, high = math.Min(low, v), math.Max(high, v)
			}
		}
	}
	if low == high {
		low, high = -1, 1
	}
	x := func(v float64) float64 {
		return math.Round(10*(whiskerLeft+(v-low)/(high-low)*(whiskerRight-whiskerLeft))) / 10
	}
	h := whiskerTop + whiskerRow*float64(len(i.Rows))
	p := whiskers{Title: i.Title, Note: i.Note, W: whiskerW, H: h + 18, Zero: x(0), Bottom: h, TextX: whiskerLeft - 12, Right: whiskerW, ZeroY: h + 14}
	if x(0)-x(low) > whiskerEndGap {
		p.Ends = append(p.Ends, whiskerEnd{x(low), fmt.Sprintf("%+.1f", low), "start"})
	}
	if x(high)-x(0) > whiskerEndGap {
		p.Ends = append(p.Ends, whiskerEnd{x(high), fmt.Sprintf("%+.1f", high), "end"})
	}
	for k, r := range i.Rows {
		y := whiskerTop + whiskerRow*(float64(k)+0.5)
		line := whiskerLine{Name: shorten(r.Name, whiskerName), Text: fmt.Sprintf("%+.2f", r.Value), X: x(r.Value), Y: y}
		for n := range r.Low {
			if !math.IsNaN(r.Low[n]) && !math.IsNaN(r.High[n]) {
				line.Lines = append(line.Lines, whiskerSpan{x(r.Low[n]), x(r.High[n]), y - 3 + 6*float64(n), n})
			}
		}
		p.Rows = append(p.Rows, line)
	}
	return p
}
