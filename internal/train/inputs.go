package train

import (
	"context"
	"errors"
	"fmt"

	"csl/internal/config"
	"csl/internal/count"
	"csl/internal/dataset"
	"csl/internal/labels"
)

// inputs are the labelled images of a run.
type inputs struct {
	train *dataset.Split
	val   *dataset.Split // nil without
	test  *dataset.Split // nil without; opened so that what is wrong with it shows before the training
	size  dataSize
	// outside are scores of another model for the training images; nil without.
	outside *outside
}

// openInputs opens the training and the validation split and hides labels where that is asked for.
func openInputs(ctx context.Context, o Options) (in *inputs, err error) {
	if err := o.Config.Require("data.train.root"); err != nil {
		return nil, err
	}
	in = &inputs{}
	opts := dataset.FromConfig(o.Config.Data, dataset.Train)
	opts.Display = o.Display
	if in.train, err = dataset.Open(ctx, opts); err != nil {
		return in, err
	}
	if in.outside, err = openOutside(ctx, o.Config, in.train.Set); err != nil {
		return in, err
	}
	if err := in.openVal(ctx, o); err != nil {
		return in, err
	}
	if err := in.openTest(ctx, o); err != nil {
		return in, err
	}
	if err := in.simulate(o.Config.Simulate); err != nil {
		return in, err
	}
	var val *labels.Set
	if in.val != nil {
		val = in.val.Set
	}
	for _, w := range warnings(o.Config, in.train.Set, val) {
		o.Display.Log().Warn(w)
	}
	return in, in.outside.follow(ctx, o.Config, in.train.Set, o.Display.Log())
}

// simulate hides training labels as the configuration says.
func (in *inputs) simulate(s config.Simulate) error {
	if s.Type == config.SimulateNone {
		return nil
	}
	set, err := labels.Simulate(in.train.Set, s.Type, s.Param, s.Seed)
	if err == nil {
		in.train.Set = set
	}
	return err
}

// openVal opens the validation split, if there is one.
func (in *inputs) openVal(ctx context.Context, o Options) (err error) {
	data := o.Config.Data
	opts := dataset.FromConfig(data, dataset.Val)
	if share := data.HoldOut; share > 0 {
		if opts.Annotations != "" || data.Val.Root != "" {
			return errors.New("data.val.split and data.val.annotations or data.val.root are given: validation images are either held out or given")
		}
		in.val, err = in.train.HoldOut(share, o.Config.Train.Seed)
		return err
	}
	if opts.Annotations == "" && data.Val.Root == "" && !dataset.HasValidation(opts.Root) {
		o.Display.Log().Warn("no validation data: nothing will be scored (--val_annotations names the labels, --val_split 0.1 holds images out)")
		return nil
	}
	opts.Classes = in.train.Names()
	opts.Display = o.Display
	in.val, err = dataset.Open(ctx, opts)
	return err
}

// openTest opens the test split, if there is one.
func (in *inputs) openTest(ctx context.Context, o Options) (err error) {
	if !o.Config.Data.HasTest() {
		return nil
	}
	opts := dataset.FromConfig(o.Config.Data, dataset.Test)
	opts.Classes, opts.SkipOtherClasses, opts.Display = in.train.Names(), true, o.Display
	if in.test, err = dataset.Open(ctx, opts); err != nil {
		return err
	}
	for _, s := range []*dataset.Split{in.train, in.val} {
		if s == nil || s.Root != in.test.Root {
			continue
		}
		common := 0
		for i := range in.test.Set.Len() {
			if _, there := s.Set.Find(in.test.Set.ImageName(i)); there {
				common++
			}
		}
		if common > 0 {
			what := map[bool]string{true: "training", false: "validation"}[s == in.train]
			o.Display.Log().Warn(fmt.Sprintf("%d of %s are also %s images: their scores say little about other images",
				common, count.Of(in.test.Set.Len(), "test image"), what))
		}
	}
	return nil
}

// measure computes the size and the digests of the data. It is called when all caches are open, as they
// know the content of files.
func (in *inputs) measure() {
	train := in.train.Digest()
	in.size = dataSize{Train: in.train.Set.Len(), Classes: in.train.Set.NumClasses(), TrainDigest: &train, Scores: in.outside.sum()}
	if in.val != nil {
		val := in.val.Digest()
		in.size.Val, in.size.ValDigest = in.val.Set.Len(), &val
	}
	if in.test != nil {
		test := in.test.Digest()
		in.size.TestDigest = &test
	}
}

func (in *inputs) close() error {
	if in == nil {
		return nil
	}
	errs := []error{in.outside.close()}
	for _, s := range []*dataset.Split{in.train, in.val, in.test} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}

// dataSize is what a saved state knows of the data it was made with.
type dataSize struct {
	Train   int    `json:"train"` // images
	Val     int    `json:"val"`
	Classes int    `json:"classes"`
	Scores  string `json:"scores,omitempty"` // SHA-256 of loss.scores
	// The digests are missing in states of earlier versions of csl.
	TrainDigest *dataset.Digest `json:"train_digest,omitempty"`
	ValDigest   *dataset.Digest `json:"val_digest,omitempty"`
	TestDigest  *dataset.Digest `json:"test_digest,omitempty"`
}

// String is for people.
func (d dataSize) String() string {
	return fmt.Sprintf("%d training and %s of %s", d.Train, count.Of(d.Val, "validation image"), count.Of(d.Classes, "class"))
}

// changes names what is not as it was when the earlier state was saved.
func (d dataSize) changes(earlier dataSize) []string {
	if d.Train != earlier.Train || d.Val != earlier.Val || d.Classes != earlier.Classes {
		return []string{fmt.Sprintf("%v there, %v now", earlier, d)}
	}
	var changed []string
	if d.Scores != earlier.Scores {
		changed = append(changed, "the content of loss.scores")
	}
	for _, s := range []struct {
		name      string
		now, then *dataset.Digest
	}{{dataset.Train, d.TrainDigest, earlier.TrainDigest}, {dataset.Val, d.ValDigest, earlier.ValDigest}, {dataset.Test, d.TestDigest, earlier.TestDigest}} {
		if s.now == nil || s.then == nil {
			continue
		}
		for _, what := range s.now.Changes(*s.then) {
			changed = append(changed, s.name+": "+what)
		}
	}
	return changed
}
