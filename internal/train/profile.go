package train

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"csl/internal/dist"
)

// Profile says what steps spent on the exchange with other ranks, as seen by one of them. The first step of a process, which
// warms up, is not in it.
type Profile struct {
	Ranks     int           // of the run
	Steps     int           // that were measured
	Time      time.Duration // of the steps, loading of batches included
	Exchanges []dist.Kind   // by purpose
	warm      bool
}

// watch measures a step. A nil *Profile does not.
func (p *Profile) watch(g dist.Group, step func() (stepInfo, error)) (stepInfo, error) {
	if p == nil {
		return step()
	}
	before, start := g.Kinds(), time.Now()
	s, err := step()
	if err != nil {
		return s, err
	}
	if !p.warm {
		p.Ranks, p.warm = g.Size(), true
		return s, nil
	}
	p.Steps++
	p.Time += time.Since(start)
	for _, k := range g.Kinds() {
		if i := slices.IndexFunc(before, func(b dist.Kind) bool { return b.Purpose == k.Purpose }); i >= 0 {
			k.Sub(before[i].Traffic)
		}
		p.add(k)
	}
	return s, nil
}

// add adds what a step exchanged for a purpose.
func (p *Profile) add(k dist.Kind) {
	if k.Calls == 0 && k.Wait == 0 {
		return
	}
	for i := range p.Exchanges {
		if p.Exchanges[i].Purpose == k.Purpose {
			p.Exchanges[i].Add(k.Traffic)
			return
		}
	}
	p.Exchanges = append(p.Exchanges, k)
}

// WriteText writes a table of means per step.
func (p *Profile) WriteText(w io.Writer) error {
	if p.Steps == 0 {
		_, err := fmt.Fprintln(w, "profile  too few steps to measure")
		return err
	}
	n := float64(p.Steps)
	ms := func(t time.Duration) float64 { return t.Seconds() * 1e3 / n }
	share := func(t time.Duration) float64 { return 100 * t.Seconds() / p.Time.Seconds() }
	var b strings.Builder
	fmt.Fprintf(&b, "profile  %d steps of %.2f ms on rank 0 of %d\n", p.Steps, ms(p.Time), p.Ranks)
	if len(p.Exchanges) > 0 {
		t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(t, "per step:\tcalls\tMB sent\tms under way\tms waited for\t% of the step\t")
		var all dist.Traffic
		row := func(name string, x dist.Traffic) {
			fmt.Fprintf(t, "%s\t%.1f\t%.3f\t%.3f\t%.3f\t%.1f\t\n", name, float64(x.Calls)/n, float64(x.Bytes)/1e6/n, ms(x.Busy), ms(x.Wait), share(x.Wait))
		}
		for _, k := range p.Exchanges {
			row(k.Purpose, k.Traffic)
			all.Add(k.Traffic)
		}
		row("all", all)
		if err := t.Flush(); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
