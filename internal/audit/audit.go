// Package audit ranks the cells of partially annotated images by what a model says of them: unknown ones that are
// likely present, annotated ones that are likely wrong, and those whose answer would teach most. It trains the models
// of cross-validation where that is asked for. How the list is stored is package list's business, how a person answers
// it package review's; what scores mean after label shift is package prior's.
package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"csl/internal/audit/list"
	"csl/internal/config"
	"csl/internal/dataset"
	"csl/internal/garbage"
	"csl/internal/graph"
	"csl/internal/labels"
	"csl/internal/modelfile"
	"csl/internal/progress"
	"csl/internal/safefile"
	"csl/internal/scores"
)

// Options says what to audit. Scores come from exactly one of Model.Path, Scores and Folds.
type Options struct {
	// Config trains the models of the folds; it also says how images load and which labels are hidden (simulate).
	Config *config.Config
	Data   dataset.Options   // images and labels to audit
	Model  modelfile.Options // Path: the model that judges; "" for none
	Scores string            // file of scores as package scores reads it; "" for none
	Folds  int               // train so many models, each on the images of the other folds; 0 = none
	RunDir string            // folder of the folds
	Resume bool              // continue the folds in it

	Strategies []Strategy // rules by which cells are chosen
	Limit      int        // cells to list
	PerClass   int        // cells of a class to list, by each strategy; 0 = any
	Seed       uint64     // of Random
	// CompareWith is a file of full annotations, by which the proposals are judged; "" for none.
	CompareWith string

	Backend graph.Host        // where graphs run
	Display *progress.Display // messages and progress
	FS      safefile.FS       // where files are written
	Garbage garbage.Hooks     // controls the garbage collector
	Version string            // of csl, stored in the models of the folds
}

// Run audits.
func Run(ctx context.Context, o Options) (r *Result, err error) {
	w := &work{o: &o}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.open(ctx); err != nil {
		return nil, err
	}
	truth, err := w.truth(ctx)
	if err != nil {
		return nil, err
	}
	j := newJudge(w.set.NumClasses())
	if err := w.learn(ctx, j); err != nil {
		return nil, err
	}
	return w.rank(ctx, j, truth)
}

// work is an audit under way.
type work struct {
	o       *Options
	set     *labels.Set // as audited
	full    *labels.Set // before simulate hid any; nil where it does not
	source  source
	held    *modelSource // validation images; nil without
	closers []func() error
}

func (w *work) close() error {
	var errs []error
	for _, f := range slices.Backward(w.closers) {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

// open opens labels, images and models, and trains the models of the folds.
func (w *work) open(ctx context.Context) error {
	var from source
	var err error
	switch {
	case w.o.Scores != "":
		from, err = w.openScores(ctx)
	case w.o.Folds > 0:
		from, err = w.openFolds(ctx)
	default:
		from, err = w.openModel(ctx)
	}
	if err != nil {
		return err
	}
	w.source = newKeeping(from, w.set.Len(), w.set.NumClasses())
	return nil
}

// take sets the labels that are audited: what simulate leaves of set.
func (w *work) take(set *labels.Set) (err error) {
	w.set = set
	if s := w.o.Config.Simulate; s.Type != config.SimulateNone {
		w.full = set
		w.set, err = labels.Simulate(set, s.Type, s.Param, s.Seed)
	}
	return err
}

func (w *work) openScores(ctx context.Context) (source, error) {
	path, err := w.o.Data.Find()
	if err != nil {
		return nil, err
	}
	read, err := w.o.Data.Labels(path)
	if err != nil {
		return nil, err
	}
	set, report, err := dataset.Labels(ctx, read)
	if err != nil {
		return nil, err
	}
	dataset.LogReport(w.o.Display.Log(), "labels", report)
	if err := w.take(set); err != nil {
		return nil, err
	}
	m, err := scores.Open(ctx, w.o.Scores, w.o.Data.Encoding, set)
	if err != nil {
		return nil, err
	}
	w.closers = append(w.closers, m.Close)
	return &storedSource{w.o, set, m}, nil
}

func (w *work) openFolds(ctx context.Context) (source, error) {
	data := w.o.Data
	data.Display = w.o.Display
	split, err := dataset.Open(ctx, data)
	if err != nil {
		return nil, err
	}
	w.closers = append(w.closers, split.Close)
	if err := w.take(split.Set); err != nil {
		return nil, err
	}
	parts, err := w.o.trainFolds(ctx, w.set, split.Root)
	if err != nil {
		return nil, err
	}
	if w.held, err = w.openHeld(ctx, parts); err != nil {
		return nil, err
	}
	return &modelSource{o: w.o, split: split, parts: parts}, nil
}

func (w *work) openModel(ctx context.Context) (source, error) {
	m, err := modelfile.Open(ctx, w.o.Model)
	if err != nil {
		return nil, err
	}
	for _, text := range m.Warnings {
		w.o.Display.Log().Warn(text)
	}
	data := w.o.Data
	data.Display, data.Decode = w.o.Display, m.Loading(data.Decode).Decode
	split, err := m.OpenSplit(ctx, data)
	if err != nil {
		return nil, err
	}
	w.closers = append(w.closers, split.Close)
	if err := w.take(split.Set); err != nil {
		return nil, err
	}
	parts := []part{{model: m}}
	if w.held, err = w.openHeld(ctx, parts); err != nil {
		return nil, err
	}
	return &modelSource{o: w.o, split: split, parts: parts}, nil
}

// openHeld opens the validation images, if there are any: what scores are worth is measured on them, by every model.
func (w *work) openHeld(ctx context.Context, parts []part) (*modelSource, error) {
	d := w.o.Config.Data
	data := dataset.FromConfig(d, dataset.Val)
	if data.Annotations == "" && d.Val.Root == "" && !dataset.HasValidation(data.Root) {
		return nil, nil
	}
	m := parts[0].model
	data.Display, data.Decode = w.o.Display, m.Loading(data.Decode).Decode
	split, err := m.OpenSplit(ctx, data)
	if err != nil {
		return nil, err
	}
	w.closers = append(w.closers, split.Close)
	held := &modelSource{o: w.o, split: split}
	for _, p := range parts {
		held.parts = append(held.parts, part{model: p.model})
	}
	return held, nil
}

// truth is what the proposals are judged by, image by image as in the audited labels; nil without.
func (w *work) truth(ctx context.Context) (*truth, error) {
	full := w.full
	if w.o.CompareWith != "" {
		read, err := w.o.Data.Labels(w.o.CompareWith)
		if err != nil {
			return nil, err
		}
		read.Later, read.Format, read.ClassDescriptions = nil, "", ""
		read.Classes, read.ClassIDs, read.SkipOtherClasses, read.KeepUnannotated = w.set.ClassNames(), classIDs(w.set), true, true
		if full, _, err = dataset.Labels(ctx, read); err != nil {
			return nil, fmt.Errorf("compare: %w", err)
		}
	}
	if full == nil {
		return nil, nil
	}
	return newTruth(w.set, full)
}

// classIDs are the names that label files may use for the classes, too.
func classIDs(set *labels.Set) []string {
	ids := make([]string, set.NumClasses())
	for i, c := range set.Classes {
		ids[i] = c.ID
	}
	return ids
}

// learn is the first pass: what scores mean.
func (w *work) learn(ctx context.Context, j *judge) error {
	row := make([]int8, w.set.NumClasses())
	err := w.source.pass(ctx, "scoring", func(image int, logits []float32) error {
		w.set.Row(image, row)
		return j.add(logits, row, w.held == nil)
	})
	if err == nil && w.held != nil {
		val := w.held.split.Set
		err = w.held.pass(ctx, "measuring on validation images", func(image int, logits []float32) error {
			val.Row(image, row)
			return j.shift.AddHeldOut(logits, row)
		})
	}
	j.settle()
	return err
}

// rank is the second pass: which cells are listed.
func (w *work) rank(ctx context.Context, j *judge, t *truth) (*Result, error) {
	room := w.o.Limit * len(w.o.Strategies) // a cell that two of them choose leaves room for another
	if t != nil {
		room = max(room, slices.Max(checkpoints()))
	}
	var all []*chooser
	for _, s := range w.o.Strategies {
		all = append(all, newChooser(s, j, room, w.o.PerClass, w.o.Seed))
	}
	expected := make([]float64, j.classes)
	row := make([]int8, j.classes)
	err := w.source.pass(ctx, "ranking", func(image int, logits []float32) error {
		w.set.Row(image, row)
		t.add(image, row, logits)
		for c, s := range row {
			if labels.State(s) == labels.Unknown && j.basis(c) != ByRank {
				expected[c] += j.chance(c, logits[c])
			}
		}
		for _, c := range all {
			c.add(image, logits, row)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	chosen := make([][]item, len(all))
	for i, c := range all {
		chosen[i] = c.chosen()
	}
	r := w.result(j, expected)
	r.list(w.set, j, merge(w.o.Strategies, chosen, w.o.Limit))
	r.Listed = len(r.List)
	r.Comparison = t.judge(w.o.Strategies, chosen)
	return r, nil
}

// list fills in the cells.
func (r *Result) list(set *labels.Set, j *judge, cells []picked) {
	for _, x := range cells {
		class := int(x.class)
		c := list.Candidate{
			Image: set.ImageName(int(x.image)), Class: set.Classes[class].Name, Label: labels.State(x.state), Score: scoreOf(x.score),
			Probability: float32(j.present(class, x.score, labels.State(x.state))), Priority: x.priority, Reason: x.strategy.reason(),
		}
		r.List = append(r.List, c)
		n := &r.Classes[class]
		if n.Listed == nil {
			n.Listed = map[list.Reason]int{}
		}
		n.Listed[c.Reason]++
	}
}
