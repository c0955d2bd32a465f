package bench

import (
	"fmt"
	"io"
	"strings"

	"csl/internal/count"
)

// WriteText prints the result for people.
func (r *Result) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, %d px, batch %d, %s", r.Model, r.Mode, r.Size, r.Batch, count.Of(r.Classes, "class"))
	if r.EMA {
		b.WriteString(", average of the weights")
	}
	fmt.Fprintf(&b, "\n%s kernels, %s\n\n", r.Kernels, count.Of(r.Threads, "thread"))
	fmt.Fprintf(&b, "img/s     %s best, %s median of %s\n", number(r.ImagesPerSecond), number(r.ImagesPerSecondMedian),
		count.Of(r.Runs, "run")+" of "+count.Of(r.StepsPerRun, "step"))
	fmt.Fprintf(&b, "GFLOP/s   %s", number(r.GFLOPS))
	if r.PeakFraction != nil {
		fmt.Fprintf(&b, ", %.0f %% of the %s that multiply-adds alone reach", 100**r.PeakFraction, number(*r.PeakGFLOPS))
	}
	fmt.Fprintf(&b, "\nmemory    %s values, %s scratch", megabytes(r.ArenaBytes), megabytes(r.WorkBytes))
	if r.RSSBytes != nil {
		fmt.Fprintf(&b, ", %s peak resident", megabytes(*r.RSSBytes))
	}
	fmt.Fprintf(&b, "\nheap      %s allocations per step\n", number(r.AllocsPerStep))
	if r.Profile != nil {
		r.Profile.writeText(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (p *Profile) writeText(b *strings.Builder) {
	fmt.Fprintf(b, "\n%.2f ms per step, watched for %s\n\n", 1e3*p.Seconds, count.Of(p.Steps, "step"))
	line := func(name, calls, ms, share, gflops, gbs string) {
		fmt.Fprintf(b, "%-40s %6s %10s %7s %9s %7s\n", name, calls, ms, share, gflops, gbs)
	}
	table := func(title string, costs []Cost) {
		line(title, "calls", "ms", "%", "GFLOP/s", "GB/s")
		for _, c := range costs {
			line(strings.TrimSpace(c.Op+" "+c.Layer), fmt.Sprint(c.Calls), fmt.Sprintf("%.3f", 1e3*c.Seconds),
				fmt.Sprintf("%.1f", 100*c.Share), some(c.GFLOPS), some(c.GBs))
		}
	}
	table("operation", p.Ops)
	b.WriteByte('\n')
	table("slowest layers", p.Layers)
}

// some is a rate, or a dash where there is nothing to count.
func some(rate float64) string {
	if rate == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", rate)
}

// number prints three digits or more.
func number(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

func megabytes(n int64) string { return number(float64(n)/1e6) + " MB" }
