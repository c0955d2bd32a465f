package infer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"csl/internal/checkpoint"
	"csl/internal/count"
	"csl/internal/images/transform"
	"csl/internal/model"
)

// ModelOptions says which checkpoint to load and how to use it. What is left zero the checkpoint
// decides, or else the default.
type ModelOptions struct {
	Path string
	// Name is the architecture that the checkpoint must have; "" allows any.
	Name string
	// Lenient passes over tensors that the model has no place for; Warnings list them.
	Lenient bool

	Dataset Dataset
	// Threshold is the score above which a class counts as present, 0 to 1; nil: not given.
	Threshold *float64

	// Classes is a file of class names and Descriptions one of Open Images MIDs with names.
	Classes, Descriptions string

	Height, Width   int
	Interpolation   string
	EXIFOrientation *bool
}

// Load reads a checkpoint and settles classes, thresholds and preprocessing.
func Load(ctx context.Context, o ModelOptions) (*Model, error) {
	m := &Model{}
	sd, err := m.readWeights(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := sd.CheckName(o.Name); err != nil {
		return nil, err
	}
	if err := m.preprocess(o, sd.Meta); err != nil {
		return nil, err
	}
	if o.Dataset != AnyDataset && o.Dataset.head() != sd.Spec.Head {
		m.warn("%s models have a %s head, this checkpoint has a %s one, which is used", o.Dataset, o.Dataset.head(), sd.Spec.Head)
	}
	classes, warnings, err := Classes(o.Path, sd, o.Classes, o.Descriptions)
	if err != nil {
		return nil, err
	}
	m.Warnings = append(m.Warnings, warnings...)
	m.Classes = displayNames(classes, sd.Spec.NumClasses)
	if classes == nil {
		m.warn("the checkpoint has no class names: give them with --classes FILE, one per line in the order of the %s", count.Of(sd.Spec.NumClasses, "output"))
	}
	m.chooseThresholds(o, sd)
	return m, nil
}

// readWeights reads the tensors: all of them must fit, or, leniently, all that the model needs must
// be there.
func (m *Model) readWeights(ctx context.Context, o ModelOptions) (*checkpoint.StateDict, error) {
	w, sd, err := checkpoint.ReadModel(ctx, o.Path)
	if err == nil {
		m.Weights = w
		return sd, nil
	}
	if !errors.Is(err, checkpoint.ErrMismatch) {
		return nil, err
	}
	if !o.Lenient {
		return nil, fmt.Errorf("%w (--strict=false passes over unexpected ones)", err)
	}
	return m.readLeniently(ctx, o.Path)
}

// readLeniently reads a checkpoint that was found not to fit. That it is large enough for the model
// it claims to be was checked before that was found.
func (m *Model) readLeniently(ctx context.Context, path string) (sd *checkpoint.StateDict, err error) {
	f, err := checkpoint.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if sd, err = checkpoint.Interpret(f); err != nil {
		return nil, err
	}
	if m.Weights, err = model.NewWeights(sd.Spec); err != nil {
		return nil, fmt.Errorf("checkpoint %q: %w", path, err)
	}
	diff, err := sd.Load(ctx, m.Weights, checkpoint.LoadOptions{Partial: true})
	if err != nil {
		return nil, err
	}
	if len(diff.Missing)+len(diff.Misshaped) > 0 {
		return nil, fmt.Errorf("checkpoint %q lacks what the model needs: %v", path, diff)
	}
	m.warn("passed over %v", diff)
	return sd, nil
}

// preprocess settles how images become input.
func (m *Model) preprocess(o ModelOptions, meta *checkpoint.Meta) error {
	in := checkpoint.Input{Height: DefaultSize, Width: DefaultSize, Interpolation: transform.Bilinear.String()}
	known := meta != nil && meta.Input != nil
	if known {
		in = *meta.Input
	}
	override := func(what string, was, is any) {
		if known && was != is {
			m.warn("%s %v is not what the checkpoint was made for (%v)", what, is, was)
		}
	}
	if o.Height > 0 {
		override("input size", size(in.Height, in.Width), size(o.Height, o.Width))
		in.Height, in.Width = o.Height, o.Width
	}
	if o.Interpolation != "" {
		override("interpolation", in.Interpolation, o.Interpolation)
		in.Interpolation = o.Interpolation
	}
	if o.EXIFOrientation != nil {
		override("EXIF orientation", in.EXIFOrientation, *o.EXIFOrientation)
		in.EXIFOrientation = *o.EXIFOrientation
	}
	if err := model.CheckSize(in.Height, in.Width); err != nil {
		return err
	}
	var err error
	if m.Filter, err = transform.ParseFilter(in.Interpolation); err != nil {
		return err
	}
	if m.Scale, err = transform.NewScale(in.Mean, in.Std); err != nil {
		return fmt.Errorf("checkpoint %q: %w", o.Path, err)
	}
	m.Height, m.Width, m.EXIFOrientation = in.Height, in.Width, in.EXIFOrientation
	return nil
}

// size writes a size as --input_size has it.
func size(height, width int) string {
	if height == width {
		return fmt.Sprint(height)
	}
	return fmt.Sprintf("%dx%d", height, width)
}

// chooseThresholds takes the user's threshold, or the checkpoint's per class, or its single one, or
// the data set's.
func (m *Model) chooseThresholds(o ModelOptions, sd *checkpoint.StateDict) {
	one := o.Dataset.threshold()
	switch {
	case o.Threshold != nil:
		one = *o.Threshold
	case sd.Meta != nil && len(sd.Meta.Thresholds) > 0:
		m.Thresholds = sd.Meta.Thresholds
		return
	case sd.Meta != nil && sd.Meta.Threshold > 0:
		one = sd.Meta.Threshold
	}
	m.OneThreshold = true
	m.Thresholds = slices.Repeat([]float32{float32(one)}, sd.Spec.NumClasses)
}
