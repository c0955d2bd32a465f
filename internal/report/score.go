package report

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"csl/internal/dataset"
	"csl/internal/images/loader"
	"csl/internal/labels"
	"csl/internal/metric"
	"csl/internal/model"
	"csl/internal/modelfile"
	"csl/internal/predict"
	"csl/internal/prior"
	"csl/internal/rundir"
)

// scored is what a run's best weights make of the validation images.
type scored struct {
	report *metric.Report
	total  int // validation images there are; report.Images of them were scored
	// threshold is the score above which a class is shown as predicted: the one with the best overall
	// F1 on these images.
	threshold float64
	f1        float64   // that F1, percent
	prior     []float32 // the class prior that the run was trained with; nil without
	// priorLow and priorHigh are its interval, from its file; nil without.
	priorLow, priorHigh []float32
	priorMean           []float32 // mean scores of the training images, from its file; nil without
	truth               []float64 // true shares of the classes in training; nil where they are not known
	cells               *metric.Accumulator
	calibration         *metric.Calibration
	found               *Collector
	training            []labels.ClassCount
	thumbnails          []thumbnail
}

// autoPixels is how much network input is scored unless the user says: seconds for small images,
// about a minute for a TResNet-M at 448.
const autoPixels = 100e6

// score runs the best weights over validation images and keeps `thumbnails` of them with what was
// predicted, and `listed` cells of each list. What hinders it is noted as missing; the error is only for ctx's end.
func (r *run) score(ctx context.Context, o *Options, thumbnails, listed int) error {
	path := filepath.Join(r.dir, rundir.Best)
	if _, err := os.Stat(path); err != nil {
		r.lack("no %s yet, so no results per class and no images", rundir.Best)
		return nil
	}
	s, err := r.scoreFile(ctx, o, path, thumbnails, listed)
	if ctx.Err() != nil {
		return fmt.Errorf("report: %w", ctx.Err())
	}
	if err != nil {
		r.lack("no results per class and no images: %v", err)
		return nil
	}
	r.scored = s
	r.readInterval(ctx)
	if s.training, s.truth, err = r.trainingCounts(ctx, classNames(s.report)); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("report: %w", ctx.Err())
		}
		r.lack("no counts of training labels: %v", err)
	}
	return nil
}

func (r *run) scoreFile(ctx context.Context, o *Options, path string, thumbnails, listed int) (s *scored, err error) {
	held := r.cfg.Data.HoldOut
	data := dataset.FromConfig(r.cfg.Data, dataset.Val)
	if held > 0 {
		data = dataset.FromConfig(r.cfg.Data, dataset.Train)
	}
	m, err := modelfile.Open(ctx, modelfile.Options{Path: path})
	if err != nil {
		return nil, err
	}
	l := m.Loading(data.Decode)
	data.Decode, data.SkipBroken = l.Decode, true
	c, err := m.OpenSplit(ctx, data)
	if err != nil {
		return nil, err
	}
	whole := c
	defer func() { err = errors.Join(err, whole.Close()) }()
	if held > 0 {
		if c, err = c.HoldOut(held, r.cfg.Train.Seed); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, c.Close()) }()
	}
	p, err := newPass(ctx, r, o, m.Weights, l, c)
	if err != nil {
		return nil, err
	}
	p.found = NewCollector(listed)
	p.found.Begin(c.Names())
	p.choose(thumbnails)
	if err := p.run(ctx, o, r.name); err != nil {
		return nil, err
	}
	s = &scored{total: c.Set.Len(), thumbnails: p.thumbnails, cells: p.acc.Annotated(), calibration: p.acc.Calibration(), found: p.found}
	if m.Meta != nil {
		s.prior = m.Meta.Prior
	}
	if s.report, err = p.acc.Report(ctx, o.Backend.Threads()); err != nil {
		return nil, err
	}
	s.threshold, s.f1 = p.cells.best()
	for i := range s.thumbnails {
		if err := s.thumbnails[i].img(c.Source, l.Decode); err != nil {
			return nil, err
		}
	}
	return s, p.found.Images(c.Source, l.Decode)
}

// readInterval takes the interval of the prior from its file, if that is still the one of the checkpoint.
func (r *run) readInterval(ctx context.Context) {
	if r.cfg.Prior.Path == "" || !r.hasPrior() {
		return
	}
	p, _, err := prior.Load(ctx, r.cfg.Prior.Path, classNames(r.scored.report), r.cfg.Data.Encoding)
	if err == nil && slices.Equal(p.Avg, r.scored.prior) {
		r.scored.priorLow, r.scored.priorHigh, r.scored.priorMean = p.Low, p.High, p.Mean
	}
}

// pass is one scoring pass.
type pass struct {
	set        *labels.Set // the images that are scored
	loader     *loader.Loader
	runner     *predict.Runner
	acc        *metric.Accumulator
	cells      cells
	found      *Collector
	wanted     map[int]bool // samples to show
	thumbnails []thumbnail
}

func newPass(ctx context.Context, r *run, o *Options, w *model.Weights, l dataset.Loading, c *dataset.Split) (*pass, error) {
	limit := o.Scored
	if limit == 0 {
		limit = max(1, int(autoPixels)/(l.Height*l.Width))
	}
	p := &pass{set: spread(c.Set, limit), wanted: map[int]bool{}}
	l.Batch, l.Workers, l.SkipBroken = r.cfg.Train.Batch, r.cfg.Data.Workers, true
	var err error
	if p.loader, err = c.Loader(ctx, l, p.set); err != nil {
		return nil, err
	}
	if p.runner, err = predict.New(o.Backend, w, nil, min(p.loader.Batch, p.loader.Len()), l.Height, l.Width); err != nil {
		return nil, err
	}
	// The page shows no precision and recall, so the accumulator's threshold does not matter.
	p.acc, err = metric.New(metric.Options{Classes: c.Names(), Threshold: 0.5})
	return p, err
}

// spread is at most limit images of s, evenly spaced.
func spread(s *labels.Set, limit int) *labels.Set {
	n := s.Len()
	if n <= limit {
		return s
	}
	return s.Filter(func(i int) bool { return (i+1)*limit/n > i*limit/n })
}

// choose wants n images, evenly spaced: nobody picks the ones that look good.
func (p *pass) choose(n int) {
	total := p.set.Len()
	n = min(n, total)
	for k := range n {
		p.wanted[(2*k+1)*total/(2*n)] = true
	}
}

func (p *pass) run(ctx context.Context, o *Options, name string) error {
	task := o.Display.Start("scoring "+name, "img", int64(p.loader.Len()))
	defer task.Done()
	classes := p.set.NumClasses()
	return predict.Pass(ctx, p.loader, 0, o.Garbage, func(b *loader.Batch) error {
		s, err := p.runner.Score(b, p.set)
		if err != nil {
			return err
		}
		p.cells.add(s.Logits, b.States)
		for i, n := range b.Samples {
			if p.wanted[n] {
				p.thumbnails = append(p.thumbnails, thumbnail{
					name:   s.Images[i],
					scores: slices.Clone(s.Scores[i*classes : (i+1)*classes]),
					states: slices.Clone(b.States[i*classes : (i+1)*classes]),
				})
			}
		}
		task.Add(int64(b.N))
		if err := p.found.Scored(s.Images, s.Scores, b.States); err != nil {
			return err
		}
		return p.acc.Add(s.Images, s.Scores, b.States)
	})
}

// classNames are the classes of a report in order.
func classNames(m *metric.Report) []string {
	names := make([]string, len(m.PerClass))
	for i, c := range m.PerClass {
		names[i] = c.Class
	}
	return names
}
