package estimate

import (
	"context"
	"fmt"

	"csl/internal/dataset"
	"csl/internal/images/loader"
	"csl/internal/model"
	"csl/internal/predict"
	"csl/internal/progress"
)

// pass runs a model over images without augmentation.
type pass struct {
	o      *Options
	l      dataset.Loading
	runner *predict.Runner
}

func (o *Options) newPass(w *model.Weights, l dataset.Loading, images int) (*pass, error) {
	l.Batch, l.Workers, l.SkipBroken = o.Config.Train.Batch, o.Config.Data.Workers, o.Config.Data.SkipBroken
	if l.Part = predict.Turns(o.Group); o.Group.Size() > 1 {
		l.Batch = min(l.Batch, predict.LargestShared)
	}
	l.OnSkip = func(b loader.Skipped) { o.Display.Log().Warn("skipped: " + b.String()) }
	runner, err := predict.New(o.Backend, w, nil, min(l.Batch, images), l.Height, l.Width)
	return &pass{o, l, runner}, err
}

// run calls use with the logits and labels of each batch, [images, classes] both, and returns how many
// images were skipped. Ranks share the batches, and each gets all of them.
func (p *pass) run(ctx context.Context, name string, c *dataset.Split, use func(logits []float32, labels []int8) error) (skipped int, err error) {
	batches, err := c.Loader(ctx, p.l, nil)
	if err != nil {
		return 0, err
	}
	task := p.o.Display.Start(name, "img", int64(batches.Len()))
	defer task.Done()
	err = predict.Pass(ctx, batches, 0, p.o.Garbage, func(b *loader.Batch) error {
		if p.o.Group.Size() > 1 {
			return p.share(c, b, task, use)
		}
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
	here := [1]int64{int64(len(batches.Skipped()))}
	if err := p.o.Group.SumInt64(here[:]); err != nil {
		return 0, err
	}
	return len(c.Skipped) + int(here[0]), nil
}

// share calls use with what the ranks have of a round.
func (p *pass) share(c *dataset.Split, b *loader.Batch, task *progress.Task, use func(logits []float32, labels []int8) error) error {
	var mine []float32
	if b.N > 0 {
		scored, err := p.runner.Score(b, c.Set)
		if err != nil {
			return err
		}
		mine = scored.Logits
	}
	classes := c.Set.NumClasses()
	samples, logits, err := predict.GatherForAll(p.o.Group, classes, b.Samples, mine)
	if err != nil || len(samples) == 0 {
		return err
	}
	task.Add(int64(len(samples)))
	states := make([]int8, len(samples)*classes)
	for i, n := range samples {
		c.Set.Row(n, states[i*classes:(i+1)*classes])
	}
	return use(logits[0], states)
}
