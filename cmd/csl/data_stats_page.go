package main

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"

	"csl/internal/count"
	"csl/internal/labels"
	reporting "csl/internal/report"
	"csl/internal/safefile"
)

// touchedStats is how many classes a limit would touch.
type touchedStats struct {
	At      float64 `json:"at"`
	Classes int     `json:"classes"`
}

// fpcTouched counts the classes that would lose labels if at most k present and k absent ones were kept of each.
func fpcTouched(st labels.Stats) []touchedStats {
	var out []touchedStats
	for _, k := range []int64{10, 100, 1000, 10000} {
		n := 0
		for _, c := range st.Classes {
			n += asInt(c.Positives > k || c.Negatives > k)
		}
		out = append(out, touchedStats{float64(k), n})
	}
	return out
}

// shareTouched counts the classes that are present in at least a share of the images, as a prior's threshold does.
func shareTouched(st labels.Stats) []touchedStats {
	var out []touchedStats
	for _, share := range []float64{0.5, 0.2, 0.1, 0.05, 0.01} {
		n := 0
		for _, c := range st.Classes {
			n += asInt(st.Images > 0 && float64(c.Positives) >= share*float64(st.Images))
		}
		out = append(out, touchedStats{share, n})
	}
	return out
}

// longTail is the number of present labels of each class, most first.
func longTail(st labels.Stats) []int64 {
	tail := make([]int64, 0, len(st.Classes))
	for _, c := range st.Classes {
		tail = append(tail, c.Positives)
	}
	slices.SortFunc(tail, func(a, b int64) int { return cmp.Compare(b, a) })
	return tail
}

// writeLimits is the part of the text on the long tail and on limits.
func (st *labelStats) writeLimits(w io.Writer) {
	if n := len(st.LongTail); n > 0 {
		fmt.Fprintf(w, "present labels of a class\tmost %d, upper quartile %d, median %d, lower quartile %d, least %d\n",
			st.LongTail[0], st.LongTail[(n-1)/4], st.LongTail[(n-1)/2], st.LongTail[(n-1)*3/4], st.LongTail[n-1])
	}
	for _, t := range st.FPC {
		fmt.Fprintf(w, "classes that fpc %v would touch\t%d\n", t.At, t.Classes)
	}
	for _, t := range st.Shares {
		fmt.Fprintf(w, "classes present in at least %v of images\t%d\n", t.At, t.Classes)
	}
}

// writePage writes the HTML page.
func (o *dataStatsOptions) writePage(st *labelStats) error {
	page := &reporting.Labels{
		Title: "csl: labels of " + filepath.Base(st.Path), Version: version(), Histogram: st.Histogram,
		Facts: []reporting.LabelFact{
			{Name: "images", Value: strconv.Itoa(st.Images)},
			{Name: "classes", Value: strconv.Itoa(len(st.Classes))},
			{Name: "format", Value: st.Format},
			{Name: "known cells", Value: fmt.Sprintf("%.2f %%", 100*st.Known)},
			{Name: "present labels per image", Value: fmt.Sprintf("%.2f", st.PerImage)},
			{Name: "images without labels", Value: strconv.Itoa(st.Unlabelled)},
		},
	}
	for _, c := range st.Classes {
		page.Classes = append(page.Classes, reporting.LabelClass{Name: c.Name, Positives: c.Positives, Negatives: c.Negatives, Unknown: c.Unknown})
	}
	for _, p := range st.Pairs {
		page.Pairs = append(page.Pairs, reporting.LabelPair{A: p.A, B: p.B, Count: p.Count, Lift: p.Lift})
	}
	for _, t := range st.FPC {
		page.FPC = append(page.FPC, reporting.LabelTouch{At: fmt.Sprint(t.At), Classes: t.Classes})
	}
	for _, t := range st.Shares {
		page.Shares = append(page.Shares, reporting.LabelTouch{At: fmt.Sprint(t.At), Classes: t.Classes})
	}
	if err := safefile.Write(o.fs, o.page, func(w io.Writer) error { return reporting.WriteLabels(w, page) }); err != nil {
		return err
	}
	o.log().Info(fmt.Sprintf("%s: page on %s", o.page, count.Of(len(st.Classes), "class")))
	return nil
}
