package train

import (
	"context"
	"errors"
	"fmt"

	"csl/internal/checkpoint"
	"csl/internal/config"
	"csl/internal/count"
	"csl/internal/model"
	"csl/internal/modelfile"
)

// initialWeights are random, or those of a checkpoint, with a new head where its classes are not
// those of the data.
func initialWeights(ctx context.Context, c *config.Config, classes []string, log logger) (*model.Weights, error) {
	spec, err := c.Model.Spec(len(classes))
	if err != nil {
		return nil, err
	}
	w, err := model.NewWeights(spec)
	if err != nil {
		return nil, err
	}
	w.Init(c.Train.Seed)
	if c.Model.Path == "" {
		return w, nil
	}
	variant, err := checkpoint.ParseVariant(c.Model.Weights)
	if err != nil {
		return nil, err
	}
	f, err := modelfile.OpenFile(c.Model.Path, variant)
	if err != nil {
		return nil, err
	}
	if choice := f.Choice(); choice != "" && variant == checkpoint.AnyVariant {
		log.Warn(fmt.Sprintf("initial weights: %q: %s", f.Path, choice))
	}
	return w, errors.Join(load(ctx, f, w, classes, c.Model.Strict, log), f.Close())
}

// load fills w from a checkpoint, but for its head if that is of other classes. If strict, all the
// rest must fit; else what does not stays as it is and is listed.
func load(ctx context.Context, f *checkpoint.File, w *model.Weights, classes []string, strict bool, log logger) error {
	sd, err := checkpoint.Interpret(f)
	if err != nil {
		return err
	}
	other := otherHead(sd, classes)
	diff, err := sd.Load(ctx, w, checkpoint.LoadOptions{Partial: !strict, KeepHead: other != ""})
	switch {
	case strict && errors.Is(err, checkpoint.ErrMismatch):
		return fmt.Errorf("%w; --strict=false (model.strict) begins with the tensors that fit", err)
	case err != nil:
		return err
	}
	if bad := sd.NonFinite(); len(bad) > 0 {
		return fmt.Errorf("initial weights: %q: %s: training cannot begin with them", f.Path, checkpoint.DescribeNonFinite(bad))
	}
	if other != "" {
		log.Warn(fmt.Sprintf("initial weights: %q %s: the head is replaced by a new one, which starts at random", f.Path, other))
	}
	if !diff.Empty() {
		log.Warn(fmt.Sprintf("initial weights: not all of %q fits: %v; what is missing or mis-shaped starts at random, what is unexpected is not used", f.Path, diff))
	}
	return nil
}

// otherHead says why the head of a checkpoint is not one for the classes, which are known to it in
// another number or under other names; "" if it is one.
func otherHead(sd *checkpoint.StateDict, classes []string) string {
	theirs := sd.Classes()
	switch n := sd.Spec.NumClasses; {
	case sd.OtherHead != "":
		return fmt.Sprintf("has an %s for a head, which csl does not have", sd.OtherHead)
	case n == 0:
		return "has no head"
	case n != len(classes):
		return fmt.Sprintf("has a head for %s, the data has %d", count.Of(n, "class"), len(classes))
	case len(theirs) != n:
		return "" // its outputs have no names
	}
	for i, c := range theirs {
		if c.Name != classes[i] {
			return fmt.Sprintf("has a head for other classes: number %d is %q there and %q in the data", i, c.Name, classes[i])
		}
	}
	return ""
}
