package modelfile

import (
	"context"
	"errors"
	"fmt"

	"csl/internal/count"
	"csl/internal/dataset"
	"csl/internal/images/codec"
)

// Loading is how images are loaded for the model; d adds limits, and turns images upright even where
// the checkpoint does not ask for it.
func (m *Model) Loading(d codec.Options) dataset.Loading {
	d.EXIFOrientation = d.EXIFOrientation || m.Input.EXIFOrientation
	return dataset.Loading{
		Height: m.Input.Height, Width: m.Input.Width, Interpolation: m.Input.Interpolation,
		Mean: m.Input.Mean, Std: m.Input.Std, Decode: d,
	}
}

// OpenSplit opens labelled images for the model. Where the model's classes have names, labels are
// matched to its outputs by name or by the id that the checkpoint has for it, and classes that the
// model does not have are skipped and counted; else they are matched by position.
func (m *Model) OpenSplit(ctx context.Context, o dataset.Options) (*dataset.Split, error) {
	o.Classes, o.ClassIDs, o.SkipOtherClasses = m.Names(), nil, true
	for _, c := range m.Classes {
		o.ClassIDs = append(o.ClassIDs, c.ID)
	}
	s, err := dataset.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	if have, want := s.Set.NumClasses(), m.NumClasses(); have != want {
		return nil, errors.Join(fmt.Errorf("%q has %s, the checkpoint %d and no names to match them by", s.Annotations, count.Of(have, "class"), want), s.Close())
	}
	if m.Classes == nil && o.Display != nil {
		o.Display.Log().Warn("the checkpoint names no classes: they are taken in the order of the labels (csl export --classes FILE writes one with names)")
	}
	return s, nil
}
