package estimate

import (
	"context"
	"fmt"

	"csl/internal/dataset"
	"csl/internal/images/loader"
	"csl/internal/model"
	"csl/internal/predict"
)

// pass runs a model over images without augmentation.
type pass struct {
	o      *Options
	l      dataset.Loading
	runner *predict.Runner
}

func (o *Options) newPass(w *model.Weights, l dataset.Loading, images int) (*pass, error) {
	l.Batch, l.Workers, l.SkipBroken = o.Config.Train.Batch, o.Config.Data.Workers, o.Config.Data.SkipBroken
	l.OnSkip = func(b loader.Skipped) { o.Display.Log().Warn("skipped: " + b.String()) }
	runner, err := predict.New(o.Backend, w, nil, min(l.Batch, images), l.Height, l.Width)
	return &pass{o, l, runner}, err
}

// run calls use with the logits and labels of each batch, [images, classes] both, and returns how many
// images were skipped.
func (p *pass) run(ctx context.Context, name string, c *dataset.Split, use func(logits []float32, labels []int8) error) (skipped int, err error) {
	batches, err := c.Loader(ctx, p.l, nil)
	if err != nil {
		return 0, err
	}
	task := p.o.Display.Start(name, "img", int64(batches.Len()))
	defer task.Done()
	err = predict.Pass(ctx, batches, 0, p.o.Garbage, func(b *loader.Batch) error {
		scored, err := p.runner.Score(b, c.Set)
		if err != nil {
			return err
		}
		task.Add(int64(b.N))
		return use(scored.Logits, b.States)
	})
	if err != nil {
		return 0, fmt.Errorf("estimate the prior: %w", err)
	}
	return len(c.Skipped) + len(batches.Skipped()), nil
}
