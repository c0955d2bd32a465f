package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// series is one line of a chart.
type series struct {
	name   string // at the line's end; "" for none
	color  int    // number of the line's colour
	dashed bool
	dots   bool      // each point is marked
	x, y   []float64 // NaN in y is a gap
}

// chart is what is to be drawn.
type chart struct {
	title, note string
	xName       string
	unit        string // behind the numbers of the y axis
	logY        bool   // values that are not positive are gaps
	zero        bool   // y begins at 0
	wide        bool   // x goes from 0 to 100
	square      bool   // x and y go from 0 to 100
	series      []series
}

// Sizes in the chart's own units, which are about CSS pixels: it is narrow enough for a phone.
const (
	chartW, chartH      = 380.0, 236.0
	plotLeft, plotRight = 44.0, chartW - 86
	plotTop, plotBottom = 10.0, chartH - 32
	labelGap            = 13.0 // least distance of two labels at lines' ends
	longestLabel        = 14   // characters
	colors              = 8
	mostPoints          = 240 // per line; longer ones are averaged
	logDecades          = 4   // most that a logarithmic axis shows
	ticksWanted         = 4
)

// drawing is a chart ready for the template.
type drawing struct {
	Title, Note, XName string
	W, H               float64
	Left, Right        float64
	Top, Bottom        float64
	X, Y               []tick
	Lines              []stroke
	Labels             []mark
}

type tick struct {
	At   float64
	Text string
}

type stroke struct {
	D      string
	Color  int
	Dashed bool
	// The last point, so that a line of one point is seen.
	EndX, EndY float64
	Dots       []dot
}

type dot struct{ X, Y float64 }

type mark struct {
	X, Y  float64
	Text  string
	Color int
}

// draw lays a chart out; nil if there is nothing to draw.
func (c chart) draw() *drawing {
	var kept []series
	for _, s := range c.series {
		if s = s.thin(c.logY); slices.ContainsFunc(s.y, finite) {
			kept = append(kept, s)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	xs, ys := c.axes(kept)
	d := &drawing{
		Title: c.title, Note: c.note, XName: c.xName, W: chartW, H: chartH,
		Left: plotLeft, Right: plotRight, Top: plotTop, Bottom: plotBottom,
		X: xs.ticks(""), Y: ys.ticks(c.unit),
	}
	for _, s := range kept {
		line := stroke{Color: s.color % colors, Dashed: s.dashed}
		var b strings.Builder
		pen := "M"
		for i, y := range s.y {
			if !finite(y) {
				pen = "M"
				continue
			}
			line.EndX, line.EndY = xs.place(s.x[i]), ys.place(y)
			if s.dots {
				line.Dots = append(line.Dots, dot{line.EndX, line.EndY})
			}
			fmt.Fprintf(&b, "%s%s %s", pen, coordinate(line.EndX), coordinate(line.EndY))
			pen = "L"
		}
		line.D = b.String()
		d.Lines = append(d.Lines, line)
		if s.name != "" {
			d.Labels = append(d.Labels, mark{X: plotRight + 7, Y: line.EndY, Text: shorten(s.name, longestLabel), Color: line.Color})
		}
	}
	spreadLabels(d.Labels)
	return d
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func coordinate(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

func shorten(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}

// thin averages neighbouring points where there are too many, and makes gaps of what a logarithmic
// axis cannot show.
func (s series) thin(logY bool) series {
	out := s
	out.x, out.y = nil, nil
	step := (len(s.x) + mostPoints - 1) / mostPoints
	for from := 0; from < len(s.x); from += step {
		to := min(from+step, len(s.x))
		x, y := 0.0, 0.0
		for i := from; i < to; i++ {
			x += s.x[i]
			y += s.y[i]
		}
		n := float64(to - from)
		if x, y = x/n, y/n; logY && !(y > 0) {
			y = math.NaN()
		}
		out.x, out.y = append(out.x, x), append(out.y, y)
	}
	return out
}

// spreadLabels moves labels that would overlap apart, as little as a simple sweep does.
func spreadLabels(labels []mark) {
	order := make([]int, len(labels))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(math.Copysign(1, labels[a].Y-labels[b].Y)) })
	for k := 1; k < len(order); k++ {
		labels[order[k]].Y = max(labels[order[k]].Y, labels[order[k-1]].Y+labelGap)
	}
	bottom := plotBottom
	for k := len(order) - 1; k >= 0; k-- {
		l := &labels[order[k]]
		l.Y = min(l.Y, bottom)
		bottom = l.Y - labelGap
	}
}
