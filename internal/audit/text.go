package audit

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"csl/internal/audit/list"
	"csl/internal/count"
	"csl/internal/printable"
)

// reasons are those of the list, in the order of the table.
func reasons() []list.Reason {
	return []list.Reason{list.LikelyPresent, list.LikelyWrong, list.Uncertain, list.Random}
}

// WriteText prints the audit for people: what it rests on, the classes with most listed cells, and how the proposals
// do against full annotations. top is how many classes; 0 = all.
func (r *Result) WriteText(out io.Writer, top int) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s, %s: %s present, %d absent, %d unknown\n", count.Of(r.Images, "image"), count.Of(len(r.Classes), "class"),
		count.Of(r.Positives, "cell"), r.Negatives, r.Unknown)
	for _, line := range r.Basis() {
		fmt.Fprintln(w, line)
	}
	r.writeClasses(w, top)
	r.Comparison.write(w)
	return w.Flush() // which returns the first error of writing
}

// Basis says in sentences what the ranking rests on.
func (r *Result) Basis() []string {
	var lines []string
	if r.Folds > 0 {
		lines = append(lines, fmt.Sprintf("judged by %d models, none of which learned the labels of the images it judges", r.Folds))
	} else {
		lines = append(lines, "judged by a model that may have learned these labels: wrong ones hide from it (--folds trains models that have not)")
	}
	if r.Measured == OnValidation {
		lines = append(lines, "what scores are worth was measured on the validation images")
	} else {
		lines = append(lines, "what scores are worth was measured on the audited labels themselves, which misleads if a model chose them (--val_annotations)")
	}
	if n := r.ByBasis[ByProbability]; n > 0 {
		lines = append(lines, "ranked by probability, corrected for label shift: "+count.Of(n, "class"))
	}
	if n := r.ByBasis[ByShare]; n > 0 {
		lines = append(lines, "ranked by the share of annotated positives, within the class by score, as annotated cells do not tell what scores are worth: "+count.Of(n, "class"))
	}
	if n := r.ByBasis[ByRank]; n > 0 {
		lines = append(lines, "ranked by rank within the class, as no class has annotated cells of both labels to measure scores on: "+count.Of(n, "class"))
	}
	return lines
}

// writeClasses prints the classes with most listed cells.
func (r *Result) writeClasses(w io.Writer, top int) {
	listed := func(c Class) (n int) {
		for _, k := range c.Listed {
			n += k
		}
		return n
	}
	sorted := slices.Clone(r.Classes)
	slices.SortStableFunc(sorted, func(a, b Class) int { return cmp.Compare(listed(b), listed(a)) })
	if top > 0 {
		sorted = sorted[:min(top, len(sorted))]
	}
	var used []list.Reason
	for _, reason := range reasons() {
		if slices.ContainsFunc(r.Classes, func(c Class) bool { return c.Listed[reason] > 0 }) {
			used = append(used, reason)
		}
	}
	fmt.Fprintf(w, "\nclass\tpresent\tabsent\tunknown\texpected")
	for _, reason := range used {
		fmt.Fprintf(w, "\t%s", reason)
	}
	fmt.Fprintln(w)
	for _, c := range sorted {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s", printable.Line(c.Name), c.Positives, c.Negatives, c.Unknown, whole(c.Missing))
		for _, reason := range used {
			fmt.Fprintf(w, "\t%d", c.Listed[reason])
		}
		fmt.Fprintln(w)
	}
	if more := len(r.Classes) - len(sorted); more > 0 {
		fmt.Fprintf(w, "(%s more: --top 0)\n", count.Of(more, "class"))
	}
	fmt.Fprintln(w, "(expected: how many of the unknown cells are expected to be present)")
}

func whole(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.0f", *v)
}

// write prints the precision of the first proposals, in percent, beside other orders.
func (c *Comparison) write(w io.Writer) {
	if c == nil {
		return
	}
	fmt.Fprintf(w, "\nof %d unknown cells %d are present; of %d annotated cells %d are wrong\n", c.Unknown.Cells, c.Unknown.Hits, c.Annotated.Cells, c.Annotated.Hits)
	fmt.Fprintf(w, "strategy\tfirst\tfound\tprecision\tby score\tby frequency\tat random\n")
	for _, s := range c.Strategies {
		for _, h := range s.First {
			share := func(found float64) string { return fmt.Sprintf("%.1f %%", 100*found/float64(max(1, h.Judged))) }
			fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\t%s\n", s.Strategy, h.Asked, h.Found, share(float64(h.Found)), share(h.Score), share(h.Frequency), share(h.Random))
		}
	}
}
