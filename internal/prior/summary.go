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
// gates, and the comparison if there is one.
func (p *Prior) WriteSummary(w io.Writer, top int, c *Comparison) error {
	var b strings.Builder
	sum := 0.0
	for _, v := range p.Avg {
		sum += float64(v)
	}
	fmt.Fprintf(&b, "prior of %s, expected labels per image %.2f\n", count.Of(len(p.Avg), "class"), sum)
	order := p.Ranked()[:min(top, len(p.Avg))]
	width := 0
	for _, class := range order {
		width = max(width, len([]rune(p.Classes[class])))
	}
	for i, class := range order {
		fmt.Fprintf(&b, "  %2d. %-*s %.4f\n", i+1, width, p.Classes[class], p.Avg[class])
	}
	b.WriteString("classes gated by prior.threshold:\n")
	for _, t := range Thresholds() {
		fmt.Fprintf(&b, "  > %-5v %d of %d\n", t, len(p.Above(t)), len(p.Avg))
	}
	if c != nil {
		fmt.Fprintf(&b, "against full annotations   Spearman   of the true top %d\n", c.Top)
		writeAgreement(&b, "this prior", c.Estimated)
		writeAgreement(&b, "count of positives", c.Naive)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeAgreement(b *strings.Builder, name string, a Agreement) {
	rho := "undefined"
	if !math.IsNaN(a.Spearman) {
		rho = fmt.Sprintf("%.3f", a.Spearman)
	}
	fmt.Fprintf(b, "  %-24s %8s   %s\n", name, rho, strconv.FormatFloat(math.Round(10*a.Overlap)/10, 'f', -1, 64))
}
