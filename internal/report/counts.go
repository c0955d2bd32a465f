package report

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"csl/internal/dataset"
	"csl/internal/labels"
	"csl/internal/metric"
	"csl/internal/rundir"
)

// trainingCounts counts the labels that the run was trained with, per class: those that a
// simulation left, or those of the annotation file. Where a simulation hid labels, truth is the share of images
// that have each class in the annotation file; else nil.
func (r *run) trainingCounts(ctx context.Context, classes []string) (left []labels.ClassCount, truth []float64, err error) {
	full := dataset.FromConfig(r.cfg.Data, dataset.Train)
	path := filepath.Join(r.dir, rundir.Labels)
	if _, err := os.Stat(path); err != nil {
		if path, err = full.Find(); err == nil {
			left, err = countLabels(ctx, full, path, classes)
		}
		return left, nil, err
	}
	// csl's own file, whatever it was made from
	if left, err = countLabels(ctx, dataset.Options{Format: string(labels.CSV)}, path, classes); err != nil {
		return nil, nil, err
	}
	if path, err = full.Find(); err != nil {
		return left, nil, nil //nolint:nilerr // the labels left are all that is needed
	}
	all, err := countLabels(ctx, full, path, classes)
	if err != nil {
		return left, nil, ctx.Err()
	}
	counts := make([]metric.ClassResult, len(all))
	for i, c := range all {
		counts[i] = metric.ClassResult{Positives: int(c.Positives), Negatives: int(c.Negatives), Unknown: int(c.Unknown)}
	}
	return left, annotatedShares(counts), nil
}

// countLabels counts the labels of a file by class.
func countLabels(ctx context.Context, o dataset.Options, path string, classes []string) ([]labels.ClassCount, error) {
	o.Classes, o.SkipOtherClasses = classes, true
	read, err := o.Labels(path)
	if err != nil {
		return nil, err
	}
	set, _, err := dataset.Labels(ctx, read)
	if err != nil {
		return nil, err
	}
	return set.Stats().Classes, nil
}

// Groups of classes by how much is known of them.
const (
	mostGroups = 5 // as many as the paper's table of Open Images V3
	groupSize  = 4 // least classes in a group
)

// grouping cuts the classes into groups, the rarest first.
type grouping struct {
	by     string // what the classes are ordered by, for people
	counts []int  // of each class
	groups int
}

// groupingOf orders classes by their annotations in training, or else by what validation says.
func groupingOf(s *scored) grouping {
	var counts []int
	for _, c := range s.training {
		counts = append(counts, int(c.Annotated()))
	}
	return newGrouping("number of training annotations", counts, "number of validation images with the class", s.report)
}

// newGrouping orders classes by counts. Where all have about as many (a simulation that keeps a fixed number, or a set
// that is annotated in full), this says nothing, and the number of positives in the report does instead.
func newGrouping(by string, counts []int, byPositives string, r *metric.Report) grouping {
	g := grouping{by: by, counts: counts}
	if len(counts) == 0 || slices.Max(counts) < 3*slices.Min(counts) {
		g.by, g.counts = byPositives, nil
		for _, c := range r.PerClass {
			g.counts = append(g.counts, c.Positives)
		}
	}
	ranked := 0
	for _, c := range r.PerClass {
		if c.AP != nil {
			ranked++
		}
	}
	g.groups = min(mostGroups, ranked/groupSize)
	return g
}

// of are the groups of a run; nil where its classes are others.
func (g grouping) of(m *metric.Report) ([]metric.Group, error) {
	if len(m.PerClass) != len(g.counts) || g.groups < 2 {
		return nil, fmt.Errorf("%d classes in %d groups", len(m.PerClass), g.groups)
	}
	return m.Groups(g.counts, g.groups)
}
