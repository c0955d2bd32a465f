package dataset

import (
	"context"

	"csl/internal/config"
	"csl/internal/images/codec"
	"csl/internal/images/loader"
	"csl/internal/images/transform"
	"csl/internal/progress"
	"csl/internal/safefile"
)

// FromConfig are the options of a split of a configuration. Validation and test split use the training
// split's root where they have none.
func FromConfig(d config.Data, split string) Options {
	s := map[string]config.Split{Train: d.Train, Val: d.Val, Test: d.Test}[split]
	if s.Root == "" {
		s.Root = d.Train.Root
	}
	return Options{
		Split: split, Root: s.Root, Annotations: s.Annotations, Later: s.Later, Format: s.Format,
		ClassDescriptions: d.ClassDescriptions, KeepUnannotated: d.KeepUnannotated, SkipBroken: d.SkipBroken,
		Decode:  d.Decoding(),
		Workers: d.Workers, MissingUnknown: d.Missing == config.MissingUnknown, Values: d.LabelValues(), Encoding: d.Encoding, MaxErrors: d.MaxErrors,
	}
}

// Loading says how images become batches.
type Loading struct {
	Height, Width int               // of the input in pixels
	Interpolation string            // bilinear or bicubic
	Mean, Std     []float64         // normalisation per channel; nil = none
	Decode        codec.Options     // how images are decoded
	Batch         int               // images per batch
	Part          loader.Part       // what is loaded of each batch
	Workers       int               // images decoded at a time; 0 = one per thread
	SkipBroken    bool              // whether unreadable images are skipped
	Shuffle       bool              // whether the order changes with each epoch
	Seed          uint64            // of order and augmentation
	Augment       transform.Augment // augmentation of training images
	// OnSkip is called for images that turn out to be broken.
	OnSkip func(loader.Skipped)
	// Cache is a folder for resized images, "" for none. FS writes there, Display shows it.
	Cache   string
	FS      safefile.FS
	Display *progress.Display
}

// LoadingFromConfig is how the configuration's images are loaded for evaluation: in order and
// unaltered.
func LoadingFromConfig(c *config.Config, fsys safefile.FS, display *progress.Display) Loading {
	d := c.Data
	return Loading{
		Height: d.Size, Width: d.Size, Interpolation: d.Interpolation, Mean: d.Mean, Std: d.Std,
		Decode: d.Decoding(),
		Batch:  c.Train.Batch, Workers: d.Workers, SkipBroken: d.SkipBroken,
		Cache: d.Cache, FS: fsys, Display: display,
	}
}

// Loader makes a loader of the split; samples is part of it or has other labels, or is nil for the
// split's own. With a cache folder the resized images come from a file there, which is made first
// if need be.
func (c *Split) Loader(ctx context.Context, l Loading, samples loader.Samples) (*loader.Loader, error) {
	filter, err := transform.ParseFilter(l.Interpolation)
	if err != nil {
		return nil, err
	}
	scale, err := transform.NewScale(l.Mean, l.Std)
	if err != nil {
		return nil, err
	}
	if samples == nil {
		samples = c.Set
	}
	files := &loader.Files{Source: c.Source, Decode: l.Decode, W: l.Width, H: l.Height, Filter: filter}
	var feed loader.Feed = files
	if l.Cache != "" {
		if feed, err = c.cache(ctx, l, files, samples); err != nil {
			return nil, err
		}
	}
	return loader.New(loader.Config{
		Samples: samples, Scale: scale, Augment: l.Augment, Feed: feed,
		Batch: l.Batch, Part: l.Part, Shuffle: l.Shuffle, Seed: l.Seed, SkipBroken: l.SkipBroken, OnSkip: l.OnSkip, Workers: l.Workers,
	})
}

// cache opens the split's cache, which [Split.Close] closes.
func (c *Split) cache(ctx context.Context, l Loading, files *loader.Files, samples loader.Samples) (loader.Feed, error) {
	task := l.Display.Start("caching images", "img", int64(samples.Len()))
	defer task.Done()
	shown := int64(0)
	cache, err := loader.OpenCache(ctx, loader.CacheConfig{
		Dir: l.Cache, Files: files, Samples: samples, FS: l.FS, Workers: l.Workers,
		Progress: func(done, _ int) { task.Add(int64(done) - shown); shown = int64(done) },
	})
	if err != nil {
		return nil, err
	}
	c.caches = append(c.caches, cache)
	return cache, nil
}

// Caches are the caches of the loaders made so far.
func (c *Split) Caches() []*loader.Cache { return c.caches }
