// Package modelfile is the one place that opens a checkpoint as a model ready for images: its
// weights, what its outputs are called, the scores above which classes count as present, and how an
// image becomes its input. What the user says comes first, then what the checkpoint says, then the
// defaults.
//
// File formats are package checkpoint's, running a model is package predict's. What a workflow does
// with the model must not be here.
package modelfile

import (
	"context"
	"errors"
	"fmt"
	"io"

	"csl/internal/checkpoint"
	"csl/internal/model"
)

// DefaultThreshold is the score above which a class counts as present where neither the user nor the
// checkpoint says: in inference, validation and the records of a training run.
const DefaultThreshold = 0.8

// Options says which checkpoint to open and how to use it. What is left zero the checkpoint decides,
// or else the default.
type Options struct {
	// Path is a checkpoint, or a run directory, whose best weights are meant.
	Path string
	// Weights says which of the models in the file is meant.
	Weights checkpoint.Variant
	// Name is the architecture that the checkpoint must have; "" allows any.
	Name string
	// Lenient skips tensors that the model has no place for; Warnings list them.
	Lenient bool

	// Packed, unless nil, says that the weights are for inference nets only, and which packed ones can be used: a file
	// that has such is mapped instead of read, and the Model must be closed.
	Packed *checkpoint.PackedFor

	// Classes is a file of class names and Descriptions one of Open Images MIDs with names.
	Classes, Descriptions string
	// Encoding is that of these files, as package textio names it; "" for UTF-8.
	Encoding string

	// Height and Width are the input's, in pixels.
	Height, Width   int
	Interpolation   string
	EXIFOrientation *bool
}

// Model is a checkpoint made ready for images.
type Model struct {
	// Path is the file that was read.
	Path    string
	Weights *model.Weights
	// Classes are the outputs in order; nil if nothing names them.
	Classes []checkpoint.Class
	// Meta is what csl stored beside the tensors; nil if it is not csl's own file.
	Meta *checkpoint.Meta
	// NonFinite lists tensors with values that are NaN or infinite.
	NonFinite []checkpoint.NonFinite
	// Input is how an image becomes the input.
	Input checkpoint.Input
	// Warnings are what the user should know about the choices made.
	Warnings []string

	open []io.Closer // what the weights come from while they are in use
}

// Close ends the use of the weights if they come from a file that is still open; else it does nothing.
func (m *Model) Close() error {
	var errs []error
	for _, c := range m.open {
		errs = append(errs, c.Close())
	}
	m.open = nil
	return errors.Join(errs...)
}

// Open reads a checkpoint, strictly unless o is lenient, and settles classes and preprocessing.
// Errors name the file. A checkpoint of another architecture than o.Name, or whose tensors do not
// fit, is a [checkpoint.ErrMismatch].
func Open(ctx context.Context, o Options) (*Model, error) {
	m := &Model{}
	sd, err := m.read(ctx, o)
	if err != nil {
		return nil, err
	}
	m.Meta = sd.Meta
	if err := m.settleInput(o); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	classes, warnings, err := settleClasses(ctx, m.Path, sd, o)
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	m.Classes, m.Warnings = classes, append(m.Warnings, warnings...)
	return m, nil
}

// read opens the file, fills m.Weights and closes the file, unless weights stay in it.
func (m *Model) read(ctx context.Context, o Options) (sd *checkpoint.StateDict, err error) {
	f, err := OpenFile(o.Path, o.Weights)
	if err != nil {
		return nil, err
	}
	m.Path = f.Path
	defer func() {
		if err != nil || len(m.open) == 0 {
			err = errors.Join(err, f.Close())
		} else {
			m.open = append(m.open, f)
		}
	}()
	if sd, err = checkpoint.Interpret(f); err != nil {
		return nil, err
	}
	if err := sd.CheckName(o.Name); err != nil {
		return nil, err
	}
	w, diff, err := m.weights(ctx, sd, o)
	if errors.Is(err, checkpoint.ErrMismatch) && !o.Lenient && diff != nil && diff.OnlyUnexpected() {
		return nil, fmt.Errorf("%w (--strict=false skips unexpected ones)", err)
	}
	if err != nil {
		return nil, err
	}
	if choice := f.Choice(); choice != "" && o.Weights == checkpoint.AnyVariant {
		m.warn("checkpoint %q: %s", m.Path, choice)
	}
	if !diff.Empty() {
		m.warn("skipped %v", diff)
	}
	if m.NonFinite = sd.NonFinite(); len(m.NonFinite) > 0 {
		m.warn("checkpoint %q: %s: its scores mean nothing", m.Path, checkpoint.DescribeNonFinite(m.NonFinite))
	}
	m.Weights = w
	return sd, nil
}

// weights loads the weights, or, where o allows it and the file has packed ones that fit, finds them.
func (m *Model) weights(ctx context.Context, sd *checkpoint.StateDict, o Options) (*model.Weights, *checkpoint.Diff, error) {
	p := sd.File.Packed()
	if p == nil || o.Packed == nil {
		return sd.Model(ctx, o.Lenient)
	}
	if !p.Fits(*o.Packed) {
		m.warn("checkpoint %q: its packed weights are for %v, not for %v: they are packed anew, which takes longer; csl export --to packed stores them for this machine", sd.File.Path, p.PackedFor, *o.Packed)
		return sd.Model(ctx, o.Lenient)
	}
	w, src, diff, err := sd.PackedModel(ctx, o.Lenient)
	if err == nil {
		m.open = append(m.open, src)
	}
	return w, diff, err
}

// NumClasses is the number of outputs.
func (m *Model) NumClasses() int { return m.Weights.Spec().NumClasses }

// Names are the names of the outputs in order; nil if nothing names them.
func (m *Model) Names() []string {
	var names []string
	for _, c := range m.Classes {
		names = append(names, c.Name)
	}
	return names
}

// DisplayNames are what to call the outputs in results: their names, or "class N". There are as many
// as outputs.
func (m *Model) DisplayNames() []string {
	names := make([]string, m.NumClasses())
	for i := range names {
		names[i] = fmt.Sprintf("class %d", i)
		if i < len(m.Classes) && m.Classes[i].Name != "" {
			names[i] = m.Classes[i].Name
		}
	}
	return names
}

// Thresholds are the scores, one per class, above which a class counts as present: the given one if
// it is not nil, else the checkpoint's per class, else its single one, else the fallback. one says
// that they are all the same by choice.
func (m *Model) Thresholds(given *float64, fallback float64) (list []float32, one bool) {
	score := fallback
	switch {
	case given != nil:
		score = *given
	case m.Meta != nil && len(m.Meta.Thresholds) > 0:
		return m.Meta.Thresholds, false
	case m.Meta != nil && m.Meta.Threshold > 0:
		score = m.Meta.Threshold
	}
	list = make([]float32, m.NumClasses())
	for i := range list {
		list[i] = float32(score)
	}
	return list, true
}

func (m *Model) warn(format string, args ...any) {
	m.Warnings = append(m.Warnings, fmt.Sprintf(format, args...))
}
