package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"csl/internal/count"
	"csl/internal/metric"
	"csl/internal/printable"
	"csl/internal/validate"
)

// Output formats.
const (
	formatText = "text"
	formatJSON = "json"
	formatCSV  = "csv"
)

// checkFormat refuses a --format that is none of the allowed ones.
func checkFormat(format string, allowed ...string) error {
	if slices.Contains(allowed, format) {
		return nil
	}
	return usagef("--format %q: must be %s", format, strings.Join(allowed, " or "))
}

// writeReport prints the metrics: one JSON object, or a page for people.
func writeReport(w io.Writer, v validate.Result, format string) error {
	if format == formatJSON {
		return writeJSON(w, v.Document())
	}
	r := v.Report
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s", count.Of(r.Images, "image"), count.Of(r.Classes, "class"))
	if n := len(r.SkippedClasses); n > 0 {
		fmt.Fprintf(&b, "; %s cannot be scored", count.Of(n, "class"))
	}
	b.WriteString("\n\n                          annotated only   unknown as negative\n")
	row := func(name string, annotated, reference *float64) {
		fmt.Fprintf(&b, "%-26s%14s%22s\n", name, metric.Percent(annotated), metric.Percent(reference))
	}
	u := r.PRFUnknownAsNegative
	row("mAP per class", r.MAPPartial, r.MAP)
	row("mAP, classes by positives", r.MAPWeighted, nil)
	row("mAP overall", r.MAPO, nil)
	writeIntervals(&b, v)
	fmt.Fprintf(&b, "\nscore above %s\n", thresholdText(v))
	row("  per class: precision", r.CP, u.CP)
	row("             recall", r.CR, u.CR)
	row("             F1", r.CF1, u.CF1)
	row("             F1 of means", r.CF1Ratio, u.CF1Ratio)
	row("  overall:   precision", r.OP, u.OP)
	row("             recall", r.OR, u.OR)
	row("             F1", r.OF1, u.OF1)
	if r.MAPNote != "" {
		fmt.Fprintf(&b, "\n%s\n", r.MAPNote)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "\n%s\n", note)
	}
	writeGroups(&b, v)
	writeCalibration(&b, v.Calibration)
	writeClasses(&b, r)
	for i, bad := range v.Skipped {
		if i == 0 {
			b.WriteString("\nskipped\n")
		}
		fmt.Fprintf(&b, "  %s\n", printable.Line(bad.String()))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// thresholdText is the one threshold, or says that each class has its own.
func thresholdText(v validate.Result) string {
	if !v.OneThreshold {
		return "the checkpoint's threshold of each class"
	}
	return fmt.Sprint(v.Thresholds[0])
}

// writeClasses lists every class, best first, then those that cannot be scored.
func writeClasses(b *strings.Builder, r *metric.Report) {
	scored := slices.DeleteFunc(slices.Clone(r.PerClass), func(c metric.ClassResult) bool { return c.AP == nil })
	slices.SortStableFunc(scored, func(x, y metric.ClassResult) int { return cmp.Compare(*y.AP, *x.AP) })
	b.WriteString("\n    AP  positives  negatives    unknown  class\n")
	for _, c := range scored {
		fmt.Fprintf(b, "%6s%11d%11d%11d  %s\n", metric.Percent(c.AP), c.Positives, c.Negatives, c.Unknown, c.Class)
	}
	for i, s := range r.SkippedClasses {
		if i == 0 {
			b.WriteString("\nnot scored\n")
		}
		fmt.Fprintf(b, "  %s: %s\n", s.Class, s.Why)
	}
}
