package validate

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"

	"csl/internal/labels"
	"csl/internal/metric"
	"csl/internal/printable"
	"csl/internal/safefile"
)

// groups is how many groups of equal size the classes are cut into by number of annotations, as in the papers on
// Open Images.
const groups = 5

// Extras says what to compute beside the report.
type Extras struct {
	// Bootstrap is how many times images are drawn again for 95 % intervals; 0 for none. Seed decides the draws.
	Bootstrap int
	Seed      uint64
	// CurvesPath is where the precision-recall curves go, as CSV; "" for nowhere.
	CurvesPath string
	CSVSafe    bool
	FS         safefile.FS
}

// Frequency is how the classes of one frequency are ranked.
type Frequency struct {
	Frequency string   `json:"frequency"`   // r (rare), c (common) or f (frequent) in LVIS
	Classes   int      `json:"classes"`     // with an average precision
	MAP       *float64 `json:"map_partial"` // mAP(C) of the group in percent; nil = undefined
}

// score computes everything of the accumulator.
func (r *Result) score(ctx context.Context, acc *metric.Accumulator, x Extras, workers int) (err error) {
	if r.Report, err = acc.Report(ctx, workers); err != nil {
		return err
	}
	r.Cells = acc.Annotated()
	annotations := make([]int, len(r.Report.PerClass))
	for i, c := range r.Report.PerClass {
		annotations[i] = c.Positives + c.Negatives
	}
	if r.Groups, err = r.Report.Groups(annotations, groups); err != nil {
		return err
	}
	r.Frequencies = byFrequency(r.Report, r.frequencies)
	r.Calibration = acc.Calibration()
	if x.Bootstrap > 0 {
		if r.Bootstrap, err = acc.Bootstrap(ctx, x.Bootstrap, x.Seed, workers); err != nil {
			return err
		}
	}
	if x.CurvesPath == "" {
		return nil
	}
	return safefile.Write(x.FS, x.CurvesPath, func(w io.Writer) error { return writeCurves(w, acc, r.Report, x.CSVSafe) })
}

// byFrequency averages over the classes of each frequency, in the order in which they first occur.
func byFrequency(r *metric.Report, classes []labels.Class) []Frequency {
	var list []Frequency
	sums := map[string]float64{}
	at := map[string]int{}
	for i, c := range classes {
		if c.Frequency == "" {
			continue
		}
		k, ok := at[c.Frequency]
		if !ok {
			k = len(list)
			at[c.Frequency] = k
			list = append(list, Frequency{Frequency: c.Frequency})
		}
		if ap := r.PerClass[i].AP; ap != nil {
			list[k].Classes++
			sums[c.Frequency] += *ap
		}
	}
	for i := range list {
		if n := list[i].Classes; n > 0 {
			mean := sums[list[i].Frequency] / float64(n)
			list[i].MAP = &mean
		}
	}
	return list
}

// writeCurves writes a row for each point of each class: class,threshold,precision,recall,true_positives,
// false_positives; rates are from 0 to 1.
func writeCurves(w io.Writer, acc *metric.Accumulator, r *metric.Report, safe bool) error {
	c := csv.NewWriter(w)
	if err := c.Write([]string{"class", "threshold", "precision", "recall", "true_positives", "false_positives"}); err != nil {
		return err
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
	for i, points := range acc.Curves() {
		name := r.PerClass[i].Class
		if safe {
			name = printable.Cell(name)
		}
		for _, p := range points {
			row := []string{
				name, strconv.FormatFloat(float64(p.Threshold), 'g', -1, 32), number(p.Precision()), number(p.Recall()),
				strconv.Itoa(p.TruePositives), strconv.Itoa(p.FalsePositives),
			}
			if err := c.Write(row); err != nil {
				return err
			}
		}
	}
	c.Flush()
	return c.Error()
}
