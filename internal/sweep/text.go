package sweep

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"csl/internal/count"
	"csl/internal/metric"
)

// WriteJSON prints the table as one JSON object on a line.
func (t *Table) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(t)
}

// WriteText prints the table for people.
func (t *Table) WriteText(w io.Writer) error {
	var b strings.Builder
	for i, g := range t.Groups {
		if i > 0 {
			b.WriteByte('\n')
		}
		t.group(&b, g)
	}
	if t.Complete < t.Runs {
		fmt.Fprintf(&b, "\n%d of %d runs are complete; run the sweep again for the others\n", t.Complete, t.Runs)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// group prints a group's scores, then the differences.
func (t *Table) group(b *strings.Builder, g Group) {
	if g.Name != "" {
		fmt.Fprintf(b, "%s: ", g.Name)
	}
	fmt.Fprintf(b, "%s\n", count.Of(g.Images, "test image"))
	rows := [][]string{{"variant", "seeds", "mAP(C)", "mAP(O)", "chosen"}}
	for _, v := range g.Variants {
		rows = append(rows, []string{v.Name, fmt.Sprint(len(v.Seeds)), v.MAPPartial.String(), v.MAPO.String(), v.choice()})
	}
	b.WriteString(align(rows, "lrrrl"))
	if rows := groupRows(g); len(rows) > 1 {
		fmt.Fprintf(b, "\nmAP(C) by %s of the class among the test labels\n", g.By)
		b.WriteString(align(rows, "l"+strings.Repeat("r", len(rows[0])-1)))
	}
	t.differences(b, g)
	for _, v := range g.Variants {
		for _, text := range v.Failed {
			fmt.Fprintf(b, "failed: %s\n", text)
		}
	}
}

// choice is what the validation images chose, of how many combinations.
func (v Variant) choice() string {
	switch {
	case len(v.Tried) < 2:
		return v.text
	case v.Chosen == nil:
		return "not chosen yet"
	}
	return fmt.Sprintf("%s (of %d)", v.text, len(v.Tried))
}

// groupRows are the scores by annotation group, a column for each.
func groupRows(g Group) [][]string {
	head := []string{"variant"}
	var rows [][]string
	for _, v := range g.Variants {
		if len(v.Groups) == 0 {
			continue
		}
		if len(head) == 1 {
			for _, c := range v.Groups {
				head = append(head, c.span())
			}
		}
		row := []string{v.Name}
		for _, c := range v.Groups {
			row = append(row, metric.Percent(c.MAPPartial.Mean))
		}
		if len(row) == len(head) {
			rows = append(rows, row)
		}
	}
	return append([][]string{head}, rows...)
}

// span is the group's numbers of annotations or positives.
func (c ClassGroup) span() string {
	if c.From == c.To {
		return fmt.Sprint(c.From)
	}
	return fmt.Sprintf("%d to %d", c.From, c.To)
}

// differences prints how the others compare with each of the variants to compare with.
func (t *Table) differences(b *strings.Builder, g Group) {
	for _, name := range t.compare {
		rows := [][]string{{"", "mAP(C)", "over seeds", "over images", "mAP(O)", "over seeds", "over images"}}
		for _, v := range g.Variants {
			d, ok := g.between(v.Name, name)
			if !ok || len(d.Seeds) == 0 {
				continue
			}
			row := []string{v.Name}
			for _, m := range []Margin{d.MAPPartial, d.MAPO} {
				row = append(row, signed(m.Mean), interval(m.Seeds), interval(m.Images))
			}
			rows = append(rows, row)
		}
		if len(rows) > 1 {
			fmt.Fprintf(b, "\ndifference to %s, with 95%% intervals\n%s", name, align(rows, "lrrrrrr"))
		}
	}
}

// between is a minus b.
func (g Group) between(a, b string) (Difference, bool) {
	for _, d := range g.Differences {
		switch {
		case d.A == a && d.B == b:
			return d, true
		case d.A == b && d.B == a:
			return d.reversed(), true
		}
	}
	return Difference{}, false
}

// reversed is B minus A.
func (d Difference) reversed() Difference {
	return Difference{A: d.B, B: d.A, Seeds: d.Seeds, MAPPartial: d.MAPPartial.negative(), MAPO: d.MAPO.negative()}
}

func (m Margin) negative() Margin {
	var out Margin
	if m.Mean != nil {
		mean := -*m.Mean
		out.Mean = &mean
	}
	turned := func(i *metric.Interval) *metric.Interval {
		if i == nil {
			return nil
		}
		return &metric.Interval{Low: -i.High, High: -i.Low}
	}
	out.Seeds, out.Images = turned(m.Seeds), turned(m.Images)
	return out
}

// String is the mean and, with several runs, the standard deviation behind ±.
func (s Spread) String() string {
	switch {
	case s.Mean == nil:
		return "-"
	case s.SD == nil:
		return metric.Percent(s.Mean)
	}
	return fmt.Sprintf("%.2f ± %.2f", *s.Mean, *s.SD)
}

func signed(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%+.2f", *v)
}

func interval(i *metric.Interval) string {
	if i == nil {
		return "-"
	}
	return fmt.Sprintf("%+.2f to %+.2f", i.Low, i.High)
}

// align sets rows in columns, left or right as sides ("l", "r") says.
func align(rows [][]string, sides string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var cells []string
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if sides[i] == 'r' {
				cell = pad + cell
			} else {
				cell += pad
			}
			cells = append(cells, cell)
		}
		b.WriteString(strings.TrimRight(strings.Join(cells, "  "), " ") + "\n")
	}
	return b.String()
}
