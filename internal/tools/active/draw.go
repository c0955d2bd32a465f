package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Size of the drawing and of what lies around the plot, in pixels.
const (
	width, height                                    = 720, 440
	marginLeft, marginTop, marginRight, marginBottom = 64, 48, 120, 56
)

// colours of the curves, which the colour-blind can tell apart (Okabe and Ito 2008).
func colours() []string { return []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"} }

// frame maps answers and scores to pixels.
type frame struct{ x0, x1, y0, y1 float64 }

func (f frame) x(v float64) float64 {
	return marginLeft + (v-f.x0)/(f.x1-f.x0)*(width-marginLeft-marginRight)
}

func (f frame) y(v float64) float64 {
	return height - marginBottom - (v-f.y0)/(f.y1-f.y0)*(height-marginTop-marginBottom)
}

// frameOf spans all points, the scores to whole numbers.
func frameOf(curves []curve) frame {
	f := frame{math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)}
	for _, c := range curves {
		for _, p := range c.points {
			f.x0, f.x1 = min(f.x0, float64(p.answers)), max(f.x1, float64(p.answers))
			f.y0, f.y1 = min(f.y0, slices.Min(p.scores)), max(f.y1, slices.Max(p.scores))
		}
	}
	f.y0, f.y1 = math.Floor(f.y0-0.5), math.Ceil(f.y1+0.5)
	if f.x0 == f.x1 {
		f.x1++
	}
	return f
}

// draw writes an SVG: the mean over the seeds as a line, least and largest as a band.
func draw(w io.Writer, title string, curves []curve) error {
	f := frameOf(curves)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="14">`+"\n", width, height)
	fmt.Fprintf(&b, `<title>%s</title><rect width="100%%" height="100%%" fill="#fff"/><text x="%d" y="28" font-size="16">%s</text>`+"\n", escaped(title), marginLeft, escaped(title))
	axes(&b, f, curves)
	for i, c := range curves {
		c.draw(&b, f, colours()[i%len(colours())])
	}
	for i, y := range spread(f, curves) {
		c := curves[i]
		fmt.Fprintf(&b, `<text x="%d" y="%.1f" fill="%s">%s</text>`+"\n", width-marginRight+10, y+5, colours()[i%len(colours())], escaped(c.strategy))
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// spread is where the names of the curves stand: at their ends, but not on top of each other.
func spread(f frame, curves []curve) []float64 {
	at, order := make([]float64, len(curves)), make([]int, len(curves))
	for i, c := range curves {
		order[i] = i
		at[i] = f.y(c.points[len(c.points)-1].mean())
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(math.Copysign(1, at[a]-at[b])) })
	for k := 1; k < len(order); k++ {
		at[order[k]] = max(at[order[k]], at[order[k-1]]+17)
	}
	return at
}

func axes(b *strings.Builder, f frame, curves []curve) {
	step := math.Max(1, math.Ceil((f.y1-f.y0)/8))
	for v := f.y0; v <= f.y1; v += step {
		fmt.Fprintf(b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%.0f</text>`+"\n", marginLeft, f.y(v), width-marginRight, marginLeft-8, f.y(v)+5, v)
	}
	var ticks []int
	for _, c := range curves {
		for _, p := range c.points {
			if !slices.Contains(ticks, p.answers) {
				ticks = append(ticks, p.answers)
			}
		}
	}
	for _, n := range ticks {
		x := f.x(float64(n))
		fmt.Fprintf(b, `<path d="M%.1f %dv6" stroke="#333"/><text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", x, height-marginBottom, x, height-marginBottom+22, n)
	}
	fmt.Fprintf(b, `<path d="M%d %dV%dH%d" fill="none" stroke="#333"/>`+"\n", marginLeft, marginTop, height-marginBottom, width-marginRight)
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">answers</text>`+"\n", (marginLeft+width-marginRight)/2, height-12)
	fmt.Fprintf(b, `<text transform="translate(18 %d) rotate(-90)" text-anchor="middle">mAP(C), %%</text>`+"\n", (marginTop+height-marginBottom)/2)
}

func (c *curve) draw(b *strings.Builder, f frame, colour string) {
	var line, upper, lower []string
	for _, p := range c.points {
		x := f.x(float64(p.answers))
		line = append(line, fmt.Sprintf("%.1f,%.1f", x, f.y(p.mean())))
		upper = append(upper, fmt.Sprintf("%.1f,%.1f", x, f.y(slices.Max(p.scores))))
		lower = append(lower, fmt.Sprintf("%.1f,%.1f", x, f.y(slices.Min(p.scores))))
	}
	slices.Reverse(lower)
	fmt.Fprintf(b, `<polygon points="%s %s" fill="%s" opacity="0.15"/>`, strings.Join(upper, " "), strings.Join(lower, " "), colour)
	fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2.5"/>`+"\n", strings.Join(line, " "), colour)
	for _, at := range line {
		x, y, _ := strings.Cut(at, ",")
		fmt.Fprintf(b, `<circle cx="%s" cy="%s" r="3.5" fill="%s"/>`, x, y, colour)
	}
	b.WriteString("\n")
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // memory cannot fail
	return b.String()
}
