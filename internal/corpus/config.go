package corpus

import (
	"context"

	"csl/internal/config"
	"csl/internal/pictures"
	"csl/internal/progress"
	"csl/internal/safefile"
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
	// Cache is a folder for resized pictures, "" for none. FS writes there, Display shows it.
	Cache   string
	FS      safefile.FS
	Display *progress.Display
}

// LoadingFromConfig is how the configuration's pictures are loaded for evaluation: in order and
// unaltered.
func LoadingFromConfig(c *config.Config, fsys safefile.FS, display *progress.Display) Loading {
	d := c.Data
	return Loading{
		Height: d.Size, Width: d.Size, Interpolation: d.Interpolation, Mean: d.Mean, Std: d.Std,
		Decode: pictures.DecodeOptions{MaxPixels: int64(d.MaxPixels), EXIFOrientation: d.EXIFOrientation},
		Batch:  c.Train.Batch, Workers: d.Workers, SkipBad: d.SkipBad,
		Cache: d.Cache, FS: fsys, Display: display,
	}
}

// Loader makes a loader of the corpus; samples is part of it or has other labels, or is nil for the
// corpus's own. With a cache folder the resized pictures come from a file there, which is made first
// if need be.
func (c *Corpus) Loader(ctx context.Context, l Loading, samples pictures.Samples) (*pictures.Loader, error) {
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
	files := &pictures.Files{Source: c.Source, Decode: l.Decode, W: l.Width, H: l.Height, Filter: filter}
	var feed pictures.Feed = files
	if l.Cache != "" {
		if feed, err = c.cache(ctx, l, files, samples); err != nil {
			return nil, err
		}
	}
	return pictures.NewLoader(pictures.LoaderConfig{
		Samples: samples, Scale: scale, Augment: l.Augment, Feed: feed,
		Batch: l.Batch, Shuffle: l.Shuffle, Seed: l.Seed, SkipBad: l.SkipBad, OnSkip: l.OnSkip, Workers: l.Workers,
	})
}

// cache opens the corpus's cache, which [Corpus.Close] closes.
func (c *Corpus) cache(ctx context.Context, l Loading, files *pictures.Files, samples pictures.Samples) (pictures.Feed, error) {
	task := l.Display.Start("caching pictures", "img", int64(samples.Len()))
	defer task.Done()
	told := int64(0)
	cache, err := pictures.OpenCache(ctx, pictures.CacheConfig{
		Dir: l.Cache, Files: files, Samples: samples, FS: l.FS, Workers: l.Workers,
		Progress: func(done, _ int) { task.Add(int64(done) - told); told = int64(done) },
	})
	if err != nil {
		return nil, err
	}
	c.caches = append(c.caches, cache)
	return cache, nil
}
