package main

import (
	"fmt"
	"strings"

	"csl/internal/count"
	"csl/internal/metric"
	"csl/internal/validate"
)

// writeIntervals adds the bootstrap's intervals to the table of means.
func writeIntervals(b *strings.Builder, v validate.Result) {
	s := v.Bootstrap
	if s == nil {
		return
	}
	interval := func(name string, i *metric.Interval) {
		text := "-"
		if i != nil {
			text = fmt.Sprintf("%.2f to %.2f", i.Low, i.High)
		}
		fmt.Fprintf(b, "%-26s%14s\n", name, text)
	}
	fmt.Fprintf(b, "\n95%% intervals, %s of the images\n", count.Of(s.Replicates, "draw"))
	interval("  mAP per class", s.MAPPartial)
	interval("  mAP overall", s.MAPO)
}

// writeGroups tells how classes are ranked by how often they are annotated.
func writeGroups(b *strings.Builder, v validate.Result) {
	titled := false
	for _, g := range v.Groups {
		if g.Classes == 0 {
			continue
		}
		if !titled {
			b.WriteString("\nmAP by annotations of the class\n")
			titled = true
		}
		span := fmt.Sprint(g.From)
		if g.To != g.From {
			span = fmt.Sprintf("%d to %d", g.From, g.To)
		}
		fmt.Fprintf(b, "%14s%8s  %s\n", span, metric.Percent(g.MAP), count.Of(g.Classes, "class"))
	}
	for i, f := range v.Frequencies {
		if i == 0 {
			b.WriteString("\nmAP by frequency in LVIS\n")
		}
		name := map[string]string{"r": "rare", "c": "common", "f": "frequent"}[f.Frequency]
		fmt.Fprintf(b, "%14s%8s  %s\n", name, metric.Percent(f.MAP), count.Of(f.Classes, "class"))
	}
}

// writeCalibration adds the reliability table.
func writeCalibration(b *strings.Builder, c *metric.Calibration) {
	if c == nil {
		return
	}
	fmt.Fprintf(b, "\ncalibration on annotated cells: expected error %.3f, Brier score %.3f\n         score      cells  mean score  positive\n", c.ECE, c.Brier)
	for _, bin := range c.Bins {
		if bin.Cells == 0 {
			continue
		}
		fmt.Fprintf(b, "    %.1f to %.1f%11d%12.3f%10.3f\n", bin.From, bin.To, bin.Cells, *bin.Score, *bin.Share)
	}
}
