package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// table prints the efficiency of all cases, and the checks.
func table(w io.Writer, in inputs) error {
	for _, c := range in.Cases {
		fmt.Fprintf(w, "%s: step of one rank %.0f ms, gradients %.1f MB\n", c.Name, c.Forward+c.Backward, c.GradientsMB)
		t := columns(w)
		fmt.Fprint(t, "ranks\t")
		for _, g := range in.Gbit {
			fmt.Fprintf(t, "%g Gbit/s\t", g)
		}
		fmt.Fprintln(t)
		for _, n := range in.Ranks {
			fmt.Fprintf(t, "%d\t", n)
			for _, g := range in.Gbit {
				fmt.Fprintf(t, "%.3f\t", in.efficiency(c, n, g))
			}
			fmt.Fprintln(t)
		}
		if err := t.Flush(); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	for _, c := range in.Checks {
		computed := in.step(c.work, c.Ranks, c.Gbit)
		fmt.Fprintf(w, "%s, %d ranks, %g Gbit/s: step measured %.1f ms, computed %.1f ms (%.2f of it)\n", c.Name, c.Ranks, c.Gbit, c.Measured, computed, computed/c.Measured)
	}
	return nil
}

func columns(w io.Writer) *tabwriter.Writer {
	return tabwriter.NewWriter(w, 8, 0, 2, ' ', tabwriter.AlignRight)
}

// Size of the drawing and of what lies around the plot, in pixels.
const (
	width, height                                    = 720, 400
	marginLeft, marginTop, marginRight, marginBottom = 64, 48, 120, 56
	least                                            = 0.5 // efficiency at the bottom
)

// colours of the networks, which the colour-blind can tell apart (Okabe and Ito 2008) on light and dark ground.
func colours() []string { return []string{"#d55e00", "#0072b2", "#009e73", "#cc79a7"} }

// draw writes an SVG of the efficiency of the first case.
func draw(w io.Writer, in inputs) error {
	c := in.Cases[0]
	first, last := math.Log2(float64(in.Ranks[0])), math.Log2(float64(in.Ranks[len(in.Ranks)-1]))
	x := func(n int) float64 {
		return marginLeft + (math.Log2(float64(n))-first)/max(last-first, 1)*(width-marginLeft-marginRight)
	}
	y := func(v float64) float64 {
		return height - marginBottom - (max(v, least)-least)/(1-least)*(height-marginTop-marginBottom)
	}
	var b strings.Builder
	title := "Computed efficiency, " + c.Name
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="14">`+"\n", width, height)
	fmt.Fprintf(&b, `<title>%s</title><rect width="100%%" height="100%%" fill="#fff"/><text x="%d" y="28" font-size="16">%s</text>`+"\n", escaped(title), marginLeft, escaped(title))
	for v := least; v < 1.05; v += 0.1 {
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%.1f</text>`+"\n", marginLeft, y(v), width-marginRight, marginLeft-8, y(v)+5, v)
	}
	for _, n := range in.Ranks {
		fmt.Fprintf(&b, `<path d="M%.1f %dv6" stroke="#333"/><text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", x(n), height-marginBottom, x(n), height-marginBottom+22, n)
	}
	fmt.Fprintf(&b, `<path d="M%d %dV%dH%d" fill="none" stroke="#333"/>`+"\n", marginLeft, marginTop, height-marginBottom, width-marginRight)
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">ranks</text>`+"\n", (marginLeft+width-marginRight)/2, height-12)
	fmt.Fprintf(&b, `<text transform="translate(18 %d) rotate(-90)" text-anchor="middle">efficiency</text>`+"\n", (marginTop+height-marginBottom)/2)
	name := float64(height)
	for i, g := range in.Gbit {
		colour := colours()[i%len(colours())]
		var line []string
		for _, n := range in.Ranks {
			line = append(line, fmt.Sprintf("%.1f,%.1f", x(n), y(in.efficiency(c, n, g))))
		}
		fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2.5"/>`+"\n", strings.Join(line, " "), colour)
		at := y(in.efficiency(c, in.Ranks[len(in.Ranks)-1], g)) + 5
		name = min(at, name-17) // networks are listed from slow to fast, so that names move up
		fmt.Fprintf(&b, `<text x="%d" y="%.1f" fill="%s">%g Gbit/s</text>`+"\n", width-marginRight+10, name, colour, g)
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // memory cannot fail
	return b.String()
}
