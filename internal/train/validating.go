package train

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"csl/internal/graph"
	"csl/internal/images/loader"
	"csl/internal/labels"
	"csl/internal/metric"
	"csl/internal/model"
	"csl/internal/modelfile"
	"csl/internal/predict"
	"csl/internal/rundir"
)

// validating scores the weights and their average after each epoch and keeps the best.
type validating struct {
	noHook
	o       Options
	ranks   *ranks
	stops   *stops
	loader  *loader.Loader
	set     *labels.Set
	stepper *stepper
	keeper  *keeper
	logs    *logs
}

func newValidating(t *trainer) *validating {
	return &validating{
		o: t.o, ranks: t.ranks, stops: t.stops, loader: t.valLoader, set: t.data.val.Set, stepper: t.stepper, keeper: t.keeper, logs: t.logs,
	}
}

func (v *validating) afterEpoch(ctx context.Context, s *state) error {
	r := rundir.Validation{
		Kind: rundir.KindValidation, Step: s.Cursor.Step, Epoch: s.Cursor.Epoch, Monitor: v.o.Config.Train.Monitor,
	}
	average := v.stepper.average
	weights := []*model.Weights{v.stepper.weights}
	if average != nil {
		weights = append(weights, average)
	}
	all, err := v.score(ctx, weights)
	if err != nil {
		return err
	}
	r.Notes = all.Notes
	r.Regular = all.Scores[0]
	if average != nil {
		r.EMA = all.Scores[1]
	}
	if err := s.Best.offer(&r); err != nil {
		return err
	}
	if v.ranks.first() {
		err = v.keep(s, r)
	}
	return v.ranks.agree(err)
}

// keep writes the weights of a validation if they are the best so far, tells of it and records it.
func (v *validating) keep(s *state, r rundir.Validation) error {
	if r.Improved {
		w, score := v.stepper.weights, r.Regular
		if r.Source == rundir.EMA {
			w, score = v.stepper.average, r.EMA
		}
		if err := v.keeper.keep(w, r.Source, score); err != nil {
			return err
		}
	}
	text, err := v.announcement(s, r)
	if err != nil {
		return err
	}
	v.o.Display.Log().Info(strings.Join(append([]string{text}, r.Notes...), "; "))
	return v.logs.record(r, rundir.KindValidation, r.Step, v.loader.Len())
}

// candidate is one set of weights being scored.
type candidate struct {
	source string
	runner *predict.Runner
	acc    *metric.Accumulator
}

// scored is what came out of a validation: the scores of each set of weights, and notes that say what is undefined, and why.
type scored struct {
	Scores []rundir.Scores
	Notes  []string
}

// score runs sets of weights over the validation images, all in one pass. Ranks share the images; the scores are
// those of one process, on all of them.
func (v *validating) score(ctx context.Context, weights []*model.Weights) (s scored, err error) {
	all, err := v.candidates(weights)
	defer func() {
		for _, c := range all {
			err = errors.Join(err, c.runner.Close())
		}
	}()
	if err != nil {
		return s, err
	}
	task := v.o.Display.Start("validating", "img", int64(v.loader.Len()))
	defer task.Done()
	err = predict.Pass(ctx, v.loader, 0, v.o.Garbage, func(b *loader.Batch) error {
		task.Add(int64(b.N * v.ranks.group.Size()))
		return v.add(ctx, all, b)
	})
	if err != nil {
		return s, err
	}
	if v.ranks.first() {
		s, err = v.report(ctx, all)
	}
	if err := v.ranks.agree(err); err != nil {
		return s, err
	}
	return s, broadcastJSON(v.ranks, &s)
}

// add scores a batch, or the parts that ranks have of it.
func (v *validating) add(ctx context.Context, all []candidate, b *loader.Batch) error {
	if !v.ranks.alone() {
		return v.addParts(ctx, all, b)
	}
	for _, c := range all {
		if err := c.add(b, v.set); err != nil {
			return err
		}
	}
	return nil
}

// report computes the metrics of what was added.
func (v *validating) report(ctx context.Context, all []candidate) (s scored, err error) {
	for _, c := range all {
		m, err := c.acc.Report(ctx, v.o.Backend.Threads())
		if err != nil {
			return s, err
		}
		s.Notes = m.Notes // of the labels, so the same for all weights
		s.Scores = append(s.Scores, rundir.Scores{MAPPartial: m.MAPPartial, MAPO: m.MAPO, MAP: m.MAP, CF1: m.CF1, OF1: m.OF1})
	}
	return s, nil
}

// candidates prepares sets of weights for scoring, in the arena of training.
func (v *validating) candidates(weights []*model.Weights) (all []candidate, err error) {
	size := v.o.Config.Data.Size
	for i, w := range weights {
		runner, err := predict.New(v.o.Backend, w, v.stepper.nets.Arena(), v.loader.Batch, size, size)
		if err != nil {
			return all, err
		}
		acc, err := metric.New(metric.Options{Classes: v.set.ClassNames(), Threshold: modelfile.DefaultThreshold})
		if err != nil {
			return all, errors.Join(err, runner.Close())
		}
		all = append(all, candidate{[...]string{rundir.Regular, rundir.EMA}[i], runner, acc})
	}
	return all, nil
}

// add scores a batch.
func (c candidate) add(b *loader.Batch, set *labels.Set) error {
	s, err := c.score(b, set)
	if err != nil {
		return err
	}
	return c.acc.Add(s.Images, s.Scores, s.States)
}

// score runs the weights over a batch.
func (c candidate) score(b *loader.Batch, set *labels.Set) (predict.Scored, error) {
	s, err := c.runner.Score(b, set)
	if errors.As(err, new(*predict.NotFinite)) {
		err = errNonFinite{"score", graph.Fault{Kind: "validation", Layer: "the " + c.source + " weights"}}
	}
	return s, err
}

// announcement is what the user is told of a validation.
func (v *validating) announcement(s *state, r rundir.Validation) (string, error) {
	epochs := v.o.Config.Schedule.Trained()
	regular, err := shown("validation:", r.Monitor, r.Regular)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("epoch %d/%d: %s", r.Epoch+1, epochs, regular)
	if v.stepper.average != nil {
		average, err := shown("average of weights:", r.Monitor, r.EMA)
		if err != nil {
			return "", err
		}
		text += "; " + average
	}
	if r.Improved {
		return text + "; best so far: " + r.Source, nil
	}
	if s.Best.Value != nil {
		text += fmt.Sprintf("; best: %s at step %d", metric.Percent(s.Best.Value), s.Best.Step)
	}
	return text, nil
}

// shown are the headline numbers, and the watched one if it is another.
func shown(name, monitor string, s rundir.Scores) (string, error) {
	text := fmt.Sprintf("%s mAP(C) %s, mAP(O) %s", name, metric.Percent(s.MAPPartial), metric.Percent(s.MAPO))
	if monitor != "map_partial" && monitor != "map_o" {
		v, err := watched(s, monitor)
		if err != nil {
			return "", err
		}
		text += fmt.Sprintf(", %s %s", rundir.MetricName(monitor), metric.Percent(v))
	}
	return text, nil
}
