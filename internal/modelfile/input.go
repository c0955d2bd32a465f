package modelfile

import (
	"fmt"

	"csl/internal/checkpoint"
	"csl/internal/images/transform"
	"csl/internal/model"
)

// settleInput settles how images become input, and warns where that is not what the checkpoint says.
func (m *Model) settleInput(o Options) error {
	in := checkpoint.Input{Height: model.DefaultSize, Width: model.DefaultSize, Interpolation: transform.Bilinear.String()}
	known := m.Meta != nil && m.Meta.Input != nil
	if known {
		in = *m.Meta.Input
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
	if _, err := transform.ParseFilter(in.Interpolation); err != nil {
		return err
	}
	m.Input = in
	return model.CheckSize(in.Height, in.Width)
}

// size writes a size as the flags have it.
func size(height, width int) string {
	if height == width {
		return fmt.Sprint(height)
	}
	return fmt.Sprintf("%dx%d", height, width)
}
