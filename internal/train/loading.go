package train

import (
	"context"
	"fmt"

	"csl/internal/count"
	"csl/internal/dataset"
	"csl/internal/images/loader"
	"csl/internal/predict"
)

// openCaches has rank 0 open its loaders before the others do where images are cached: ranks that share a folder find the
// files there, and do not all make them.
func (t *trainer) openCaches(ctx context.Context) error {
	if t.ranks.alone() || t.cfg.Data.Cache == "" || !t.ranks.first() {
		return nil
	}
	return t.loadHere(ctx)
}

// loadHere opens the loaders of training and validation images, unless that is done.
func (t *trainer) loadHere(ctx context.Context) error {
	if t.loader != nil {
		return nil
	}
	var err error
	if t.loader, err = t.trainLoader(ctx); err != nil {
		return err
	}
	if n := t.ranks.group.Size(); t.loader.Batch < n {
		return fmt.Errorf("a batch of %s cannot be shared by %d ranks, as each needs an image: train.batch is that of all ranks together, "+
			"and there are %d training images", count.Of(t.loader.Batch, "image"), n, t.loader.Len())
	}
	return t.openValLoader(ctx)
}

// part is what this rank loads of each batch.
func (t *trainer) part() loader.Part {
	return loader.Part{Number: t.ranks.group.Rank(), Of: t.ranks.group.Size()}
}

func (t *trainer) trainLoader(ctx context.Context) (*loader.Loader, error) {
	l := dataset.LoadingFromConfig(t.cfg, t.o.FS, t.o.Display)
	l.Shuffle, l.Seed, l.Augment, l.Part = true, t.cfg.Train.Seed, t.cfg.Augment.Transform(), t.part()
	l.OnSkip = t.skips.watch(dataset.Train, t.o.Display.Log())
	return t.data.train.Loader(ctx, l, nil)
}

// openValLoader loads validation images, if there are any. Its cache is open before the data is measured.
func (t *trainer) openValLoader(ctx context.Context) (err error) {
	if t.data.val == nil {
		return nil
	}
	l := dataset.LoadingFromConfig(t.cfg, t.o.FS, t.o.Display)
	if !t.ranks.alone() {
		l.Part, l.Batch = predict.Turns(t.ranks.group), min(l.Batch, predict.LargestShared)
	}
	l.OnSkip = t.skips.watch(dataset.Val, t.o.Display.Log())
	t.valLoader, err = t.data.val.Loader(ctx, l, nil)
	return err
}
