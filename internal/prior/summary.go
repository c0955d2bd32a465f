package prior

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"csl/internal/count"
)

// Thresholds are the gates a summary counts: from far below the reference
// code's default (0.05) to its published commands' value (0.5).
func Thresholds() []float32 { return []float32{0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5} }

// WriteSummary prints for people the top classes with their priors, the
// expected labels per image (the sum), how many classes each threshold
// gates, and the comparison if there is one. e, if it is not nil, is what p
// rests on: its mean scores and counts stand beside the priors.
func (p *Prior) WriteSummary(w io.Writer, top int, c *Comparison, e *Estimate) error {
	var b strings.Builder
	sum := 0.0
	for _, v := range p.Avg {
		sum += float64(v)
	}
	fmt.Fprintf(&b, "prior of %s, expected labels per image %.2f\n", count.Of(len(p.Avg), "class"), sum)
	p.writeTop(&b, top, e)
	b.WriteString("classes gated by prior.threshold:\n")
	for _, t := range Thresholds() {
		fmt.Fprintf(&b, "  > %-5v %d of %d\n", t, len(p.Above(t)), len(p.Avg))
	}
	if e != nil && len(e.Unknowable) > 0 {
		fmt.Fprintf(&b, "%s cannot be told: the share of annotated positives stands for it\n", count.Of(len(e.Unknowable), "prior"))
	}
	if c != nil {
		c.write(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeTop lists the classes with the highest priors.
func (p *Prior) writeTop(b *strings.Builder, top int, e *Estimate) {
	order := p.Ranked()[:min(top, len(p.Avg))]
	width := 0
	for _, class := range order {
		width = max(width, len([]rune(p.Classes[class])))
	}
	if e != nil {
		fmt.Fprintf(b, "      %-*s  prior        95 %%         mean score  counted\n", width, "")
	}
	for i, class := range order {
		fmt.Fprintf(b, "  %2d. %-*s %.4f", i+1, width, p.Classes[class], p.Avg[class])
		if e != nil {
			fmt.Fprintf(b, "  %.3f to %.3f      %.4f   %.4f", p.Low[class], p.High[class], e.Mean[class], e.Count[class])
		}
		b.WriteByte('\n')
	}
}

// write prints the comparison as a table.
func (c *Comparison) write(b *strings.Builder) {
	fmt.Fprintf(b, "%-26s %8s   true top %-8s labels/image   error\n", "against full annotations", "Spearman", fmt.Sprintf("%d / %d", c.Top, 2*c.Top))
	row := func(name string, a Agreement) {
		fmt.Fprintf(b, "  %-24s %8s   %-17s %12.2f  %6.4f\n", name, rho(a.Spearman), tenths(a.Overlap)+" / "+tenths(a.Wide), a.Sum, a.Error)
	}
	row("this prior", c.Estimated)
	if c.Mean != nil {
		row("mean score", *c.Mean)
	}
	row("count of positives", c.Naive)
	fmt.Fprintf(b, "  %-24s %8s   %-17s %12.2f\n", "truth", "", "", c.True)
}

func tenths(v float64) string { return strconv.FormatFloat(math.Round(10*v)/10, 'f', -1, 64) }

func rho(v float64) string {
	if math.IsNaN(v) {
		return "undefined"
	}
	return fmt.Sprintf("%.3f", v)
}
