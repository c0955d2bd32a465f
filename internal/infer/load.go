package infer

import (
	"context"
	"errors"
	"fmt"

	"csl/internal/count"
	"csl/internal/images/transform"
	"csl/internal/modelfile"
)

// ModelOptions says which checkpoint to open and how to use it.
type ModelOptions struct {
	modelfile.Options
	// Dataset decides the threshold where neither the user nor the checkpoint does.
	Dataset Dataset
	// Threshold is the score above which a class counts as present, 0 to 1; nil: not given.
	Threshold *float64
}

// Load opens a checkpoint and settles its thresholds.
func Load(ctx context.Context, o ModelOptions) (*Model, error) {
	file, err := modelfile.Open(ctx, o.Options)
	if err != nil {
		return nil, err
	}
	m, err := settle(file, o)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return m, nil
}

// settle settles preprocessing and thresholds of a file.
func settle(file *modelfile.Model, o ModelOptions) (m *Model, err error) {
	m = &Model{
		file:    file,
		Weights: file.Weights, Classes: file.DisplayNames(), Warnings: file.Warnings,
		Height: file.Input.Height, Width: file.Input.Width, EXIFOrientation: file.Input.EXIFOrientation,
	}
	if m.Filter, err = transform.ParseFilter(file.Input.Interpolation); err != nil {
		return nil, err
	}
	if m.Scale, err = transform.NewScale(file.Input.Mean, file.Input.Std); err != nil {
		return nil, fmt.Errorf("checkpoint %q: %w", file.Path, err)
	}
	if head := file.Weights.Spec().Head; o.Dataset != AnyDataset && o.Dataset.head() != head {
		m.warn("%s models have a %s head, this checkpoint has a %s one, which is used", o.Dataset, o.Dataset.head(), head)
	}
	if file.Classes == nil {
		m.warn("the checkpoint has no class names: give them with --classes FILE, one per line in the order of the %s", count.Of(file.NumClasses(), "output"))
	}
	m.Thresholds, m.OneThreshold = file.Thresholds(o.Threshold, o.Dataset.threshold())
	return m, nil
}
