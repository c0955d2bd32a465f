package train

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"csl/internal/dataset"
	"csl/internal/graph"
	"csl/internal/images/loader"
	"csl/internal/metric"
	"csl/internal/model"
	"csl/internal/modelfile"
	"csl/internal/predict"
	"csl/internal/rundir"
)

// validating scores the weights and their average after each epoch and keeps the best.
type validating struct {
	noHook
	loader *loader.Loader
}

func newValidating(ctx context.Context, t *trainer) (*validating, error) {
	l := dataset.LoadingFromConfig(t.cfg, t.o.FS, t.o.Display)
	l.OnSkip = t.skip(dataset.Val)
	batches, err := t.val.Loader(ctx, l, nil)
	return &validating{loader: batches}, err
}

func (v *validating) afterEpoch(ctx context.Context, t *trainer) error {
	r := rundir.Validation{
		Kind: rundir.KindValidation, Step: t.place.Step, Epoch: t.place.Epoch, Monitor: t.cfg.Train.Monitor,
	}
	average := t.learner.average
	candidates := []*model.Weights{t.learner.weights}
	if average != nil {
		candidates = append(candidates, average)
	}
	scores, err := v.score(ctx, t, candidates)
	if err != nil {
		return err
	}
	r.Regular = scores[0]
	if average != nil {
		r.EMA = scores[1]
	}
	t.best.offer(&r)
	if r.Improved {
		w, score := t.learner.weights, r.Regular
		if r.Source == sourceEMA {
			w, score = average, r.EMA
		}
		if err := t.saveBest(w, r.Source, score); err != nil {
			return err
		}
	}
	announce(t, r)
	return t.logs.record(r, rundir.KindValidation, r.Step, v.loader.Len())
}

// contest is one set of weights being scored.
type contest struct {
	source string
	runner *predict.Runner
	acc    *metric.Accumulator
}

// score runs sets of weights over the validation images, all in one pass.
func (v *validating) score(ctx context.Context, t *trainer, weights []*model.Weights) (scores []rundir.Scores, err error) {
	size := t.cfg.Data.Size
	var all []contest
	defer func() {
		for _, c := range all {
			err = errors.Join(err, c.runner.Close())
		}
	}()
	for i, w := range weights {
		runner, err := predict.New(t.o.Backend, w, t.learner.nets.Arena(), size, size)
		if err != nil {
			return nil, err
		}
		acc, err := metric.New(metric.Options{Classes: t.val.Names(), Threshold: modelfile.DefaultThreshold})
		if err != nil {
			return nil, err
		}
		all = append(all, contest{[...]string{sourceRegular, sourceEMA}[i], runner, acc})
	}
	task := t.o.Display.Start("validating", "img", int64(v.loader.Len()))
	defer task.Done()
	err = predict.Pass(ctx, v.loader, 0, t.o.Garbage, func(b *loader.Batch) error {
		task.Add(int64(b.N))
		for _, c := range all {
			if err := c.add(b, t.val.Set); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		m, err := c.acc.Report(ctx, t.o.Backend.Threads())
		if err != nil {
			return nil, err
		}
		scores = append(scores, rundir.Scores{MAPPartial: m.MAPPartial, MAPO: m.MAPO, MAP: m.MAP, CF1: m.CF1, OF1: m.OF1})
	}
	return scores, nil
}

// add scores a batch.
func (c contest) add(b *loader.Batch, names interface{ ImageName(int) string }) error {
	logits, err := c.runner.Logits(b.Pix, b.N)
	if err != nil {
		return err
	}
	for _, v := range logits {
		if v-v != 0 {
			return errNonFinite{"score", graph.Fault{Kind: "validation", Layer: "the " + c.source + " weights"}}
		}
	}
	scores := slices.Clone(logits)
	predict.Sigmoid(scores, scores)
	images := make([]string, b.N)
	for i, s := range b.Samples {
		images[i] = names.ImageName(s)
	}
	return c.acc.Add(images, scores, b.States)
}

// announce tells the user of a validation.
func announce(t *trainer, r rundir.Validation) {
	show := func(name string, s rundir.Scores) string {
		text := fmt.Sprintf("%s mAP(C) %s, mAP(O) %s", name, percent(s.MAPPartial), percent(s.MAPO))
		if r.Monitor != "map_partial" && r.Monitor != "map_o" {
			text += fmt.Sprintf(", %s %s", r.Monitor, percent(watched(s, r.Monitor)))
		}
		return text
	}
	text := fmt.Sprintf("epoch %d/%d: %s", r.Epoch+1, t.epochs(), show("validation:", r.Regular))
	if t.learner.average != nil {
		text += "; " + show("average of weights:", r.EMA)
	}
	if r.Improved {
		text += "; best so far: " + r.Source
	} else if t.best.Value != nil {
		text += fmt.Sprintf("; best: %s at step %d", percent(t.best.Value), t.best.Step)
	}
	t.o.Display.Log().Info(text)
}

// percent shows a rate, or a dash where it is undefined.
func percent(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f", *v)
}
