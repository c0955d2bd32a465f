package corpus

import (
	"csl/internal/config"
	"csl/internal/pictures"
)

// FromConfig are the options of a split of a configuration. The validation split uses the training
// split's root where it has none.
func FromConfig(d config.Data, split string) Options {
	s := d.Train
	if split == Val {
		s = d.Val
		if s.Root == "" {
			s.Root = d.Train.Root
		}
	}
	return Options{
		Split: split, Root: s.Root, Annotations: s.Annotations, Format: s.Format,
		ClassDescriptions: d.ClassDescriptions, KeepUnannotated: d.KeepUnannotated, SkipBad: d.SkipBad,
		Decode:  pictures.DecodeOptions{MaxPixels: int64(d.MaxPixels), EXIFOrientation: d.EXIFOrientation},
		Workers: d.Workers,
	}
}

// Loading says how pictures become batches.
type Loading struct {
	Height, Width int
	Interpolation string
	Mean, Std     []float64
	Decode        pictures.DecodeOptions
	Batch         int
	Workers       int
	SkipBad       bool
	Shuffle       bool
	Seed          uint64
	Augment       pictures.Augment
	// OnSkip is told of pictures that turn out to be broken.
	OnSkip func(pictures.Bad)
}

// LoadingFromConfig is how the configuration's pictures are loaded for evaluation: in order and
// unaltered.
func LoadingFromConfig(c *config.Config) Loading {
	d := c.Data
	return Loading{
		Height: d.Size, Width: d.Size, Interpolation: d.Interpolation, Mean: d.Mean, Std: d.Std,
		Decode: pictures.DecodeOptions{MaxPixels: int64(d.MaxPixels), EXIFOrientation: d.EXIFOrientation},
		Batch:  c.Train.Batch, Workers: d.Workers, SkipBad: d.SkipBad,
	}
}

// Loader makes a loader of the corpus; samples has other labels for the same pictures, or is nil for
// the corpus's own.
func (c *Corpus) Loader(l Loading, samples pictures.Samples) (*pictures.Loader, error) {
	filter, err := pictures.ParseFilter(l.Interpolation)
	if err != nil {
		return nil, err
	}
	scale, err := pictures.NewScale(l.Mean, l.Std)
	if err != nil {
		return nil, err
	}
	if samples == nil {
		samples = c.Set
	}
	return pictures.NewLoader(pictures.LoaderConfig{
		Samples: samples, Scale: scale, Augment: l.Augment,
		Feed:  &pictures.Files{Source: c.Source, Decode: l.Decode, W: l.Width, H: l.Height, Filter: filter},
		Batch: l.Batch, Shuffle: l.Shuffle, Seed: l.Seed, SkipBad: l.SkipBad, OnSkip: l.OnSkip, Workers: l.Workers,
	})
}
