package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"csl/internal/config"
	"csl/internal/count"
	"csl/internal/metric"
	"csl/internal/printable"
	"csl/internal/prior"
	reporting "csl/internal/report"
	"csl/internal/safefile"
	"csl/internal/validate"
)

// comparison is one of several models compared with the first, as JSON.
type comparison struct {
	Model      string             `json:"model"`    // its path
	Baseline   string             `json:"baseline"` // path of the first model
	Replicates int                `json:"replicates"`
	MAPPartial *metric.Difference `json:"map_partial"`
	MAPO       *metric.Difference `json:"map_o"`
}

// comparedModel is one of several models as JSON.
type comparedModel struct {
	Model string `json:"model"` // its path
	validate.Document
}

// compared is what "csl validate" prints of several models as JSON.
type compared struct {
	Models []comparedModel `json:"models"`
	Paired []comparison    `json:"paired"`
}

// compare sets every further model against the first; nil with one.
func (o *validateOptions) compare(ctx context.Context, all []scoredModel) ([]*metric.Paired, error) {
	var pairs []*metric.Paired
	for i := range all[1:] {
		other := &all[i+1]
		p, err := metric.Compare(ctx, all[0].result.Cells, other.result.Cells, o.extras.Bootstrap, o.extras.Seed, o.global.threads)
		if err != nil {
			return nil, fmt.Errorf("%s and %s cannot be compared: %w", all[0].path, other.path, err)
		}
		pairs = append(pairs, p)
	}
	return pairs, nil
}

// print shows one result as it is, several side by side.
func (o *validateOptions) print(all []scoredModel, pairs []*metric.Paired) error {
	if len(all) == 1 {
		return writeReport(o.out, all[0].result, o.format)
	}
	if o.format == formatText {
		_, err := io.WriteString(o.out, comparedText(all, pairs))
		return err
	}
	var doc compared
	for i, j := range all {
		doc.Models = append(doc.Models, comparedModel{j.path, j.result.Document()})
		if i > 0 {
			p := pairs[i-1]
			doc.Paired = append(doc.Paired, comparison{j.path, all[0].path, p.Replicates, p.MAPPartial, p.MAPO})
		}
	}
	return writeJSON(o.out, doc)
}

// comparedText is a table of models by metrics, and one of differences.
func comparedText(all []scoredModel, pairs []*metric.Paired) string {
	var b strings.Builder
	first := all[0].result.Report
	fmt.Fprintf(&b, "%s, %s\n\n", count.Of(first.Images, "image"), count.Of(first.Classes, "class"))
	names := modelNames(all)
	width := len("model")
	for _, n := range names {
		width = max(width, len([]rune(n)))
	}
	fmt.Fprintf(&b, "%-*s  mAP per class  by positives  mAP overall  F1 per class  F1 overall  mAP, unknown as negative\n", width, "model")
	for i, j := range all {
		r := j.result.Report
		fmt.Fprintf(&b, "%s%s  %13s%14s%13s%14s%12s%26s\n", names[i], strings.Repeat(" ", width-len([]rune(names[i]))),
			metric.Percent(r.MAPPartial), metric.Percent(r.MAPWeighted), metric.Percent(r.MAPO), metric.Percent(r.CF1), metric.Percent(r.OF1), metric.Percent(r.MAP))
	}
	fmt.Fprintf(&b, "\ncompared with %s, percentage points", names[0])
	if n := pairs[0].Replicates; n > 0 {
		fmt.Fprintf(&b, ", 95%% intervals of %s of the images", count.Of(n, "draw"))
	}
	b.WriteString("\n")
	for i, p := range pairs {
		fmt.Fprintf(&b, "%s\n  mAP per class  %s\n  mAP overall    %s\n", names[i+1], differenceText(p.MAPPartial), differenceText(p.MAPO))
	}
	return b.String()
}

func differenceText(d *metric.Difference) string {
	switch {
	case d == nil:
		return "-"
	case d.Interval == nil:
		return fmt.Sprintf("%+7.2f", d.Value)
	}
	return fmt.Sprintf("%+7.2f  (%+.2f to %+.2f), better in %.0f%% of the draws", d.Value, d.Interval.Low, d.Interval.High, 100*d.Higher)
}

// modelNames are short names of models: the last parts of their paths, as many as make them differ.
func modelNames(all []scoredModel) []string {
	parts := make([][]string, len(all))
	for i, j := range all {
		parts[i] = strings.Split(filepath.ToSlash(filepath.Clean(j.path)), "/")
	}
	names := make([]string, len(all))
	for n := 1; ; n++ {
		seen, longer := map[string]bool{}, false
		for i, p := range parts {
			names[i] = printable.Line(strings.Join(p[max(0, len(p)-n):], "/"))
			seen[names[i]] = true
			longer = longer || n < len(p)
		}
		if len(seen) == len(all) || !longer {
			return names
		}
	}
}

// writePage writes the page.
func (o *validateOptions) writePage(ctx context.Context, cfg *config.Config, all []scoredModel, pairs []*metric.Paired) error {
	names := modelNames(all)
	s := &reporting.Scored{Title: "csl: " + names[0], Version: version(), Notes: all[0].result.Report.Notes}
	if len(all) > 1 {
		s.Title = fmt.Sprintf("csl: %s compared", count.Of(len(all), "model"))
	}
	r := all[0].result.Report
	s.Notes = append([]string{fmt.Sprintf("%s, %s.", count.Of(r.Images, "image"), count.Of(r.Classes, "class"))}, s.Notes...)
	if n := len(all[0].result.Skipped); n > 0 {
		s.Notes = append(s.Notes, imagesSkipped(n).Error()+".")
	}
	for i, j := range all {
		v := j.result
		m := reporting.Model{
			Name: names[i], Report: v.Report, Cells: v.Cells, Calibration: v.Calibration, Bootstrap: v.Bootstrap,
			Found: j.found, Prior: v.Prior, PriorFrom: "the prior that " + names[i] + " was trained with", Thresholds: thresholdWord(v),
		}
		if i == 0 && o.prior != "" {
			if err := o.loadPrior(ctx, cfg, &m); err != nil {
				return err
			}
		}
		s.Models = append(s.Models, m)
		if i > 0 {
			s.Pairs = append(s.Pairs, reporting.Pair{Name: names[i], Paired: pairs[i-1]})
		}
	}
	if err := safefile.Write(o.fs, o.page, func(w io.Writer) error { return reporting.WriteScored(w, s) }); err != nil {
		return err
	}
	o.log().Info("wrote " + o.page)
	return nil
}

// loadPrior takes the prior from its file.
func (o *validateOptions) loadPrior(ctx context.Context, cfg *config.Config, m *reporting.Model) error {
	var classes []string
	for _, c := range m.Report.PerClass {
		classes = append(classes, c.Class)
	}
	p, warnings, err := prior.Load(ctx, o.prior, classes, cfg.Data.Encoding)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		o.log().Warn(w)
	}
	m.Prior, m.Low, m.High, m.PriorFrom = p.Avg, p.Low, p.High, "the file "+filepath.ToSlash(o.prior)
	return nil
}

// thresholdWord is the threshold in a table.
func thresholdWord(v validate.Result) string {
	if !v.OneThreshold {
		return "own"
	}
	return fmt.Sprint(v.Thresholds[0])
}
