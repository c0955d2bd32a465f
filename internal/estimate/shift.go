package estimate

import (
	"context"
	"errors"

	"csl/internal/config"
	"csl/internal/count"
	"csl/internal/dataset"
	"csl/internal/labels"
	"csl/internal/modelfile"
	"csl/internal/prior"
)

// byShift fills r with the prior by label shift: from the unknown cells of the training images, what
// log-odds are worth being measured on the validation images. It returns the labels of the images
// before simulation hides any.
func (o *Options) byShift(ctx context.Context, m *modelfile.Model, p *pass, c *dataset.Split, r *Result) (set *labels.Set, err error) {
	held, err := o.openHeldOut(ctx, m, c)
	if err != nil {
		return nil, err
	}
	if held != nil {
		defer func() { err = errors.Join(err, held.Close()) }()
	}
	set = c.Set
	if s := o.Config.Simulate; s.Type != config.SimulateNone {
		if c.Set, err = labels.Simulate(set, s.Type, s.Param, s.Seed); err != nil {
			return nil, err
		}
	}
	shift := prior.NewShift(set.NumClasses())
	if r.Skipped, err = p.run(ctx, "estimating the prior", c, shift.Add); err != nil {
		return nil, err
	}
	if held != nil {
		n, err := p.run(ctx, "measuring on held-out images", held, shift.AddHeldOut)
		if err != nil {
			return nil, err
		}
		r.Skipped += n
	}
	if r.Estimate, err = shift.Estimate(c.Names()); err != nil {
		return nil, err
	}
	r.Prior = r.Estimate.Prior
	o.judge(r.Estimate)
	return set, nil
}

// heldOutShare is the share of the images that the temporary model is not trained on where there are no
// validation images, and leastHeldOut the images below which none are held out.
const (
	heldOutShare = 0.1
	leastHeldOut = 20
)

// holdOut holds images out of the training of the temporary model where the prior by label shift would have no others
// to measure it on.
func (o *Options) holdOut(ctx context.Context) error {
	d := o.Config.Data
	val := dataset.FromConfig(d, dataset.Val)
	if o.Config.Prior.Method != config.PriorShift || d.HoldOut > 0 || val.Annotations != "" || d.Val.Root != "" || dataset.HasValidation(val.Root) {
		return nil
	}
	quiet := o.Data
	quiet.Display = nil
	all, err := dataset.Open(ctx, quiet)
	if err != nil {
		return err
	}
	images := all.Set.Len()
	if err := all.Close(); err != nil || float64(images)*heldOutShare < leastHeldOut {
		return err
	}
	o.Display.Log().Info("no validation images: holding images out of the temporary training, to measure the model on", "share", heldOutShare)
	c := *o.Config
	c.Data.HoldOut = heldOutShare
	o.Config = &c
	return nil
}

// openHeldOut opens the validation images that the configuration names, or takes out of c those that
// training would hold out. It is nil without any: a checkpoint needs none.
func (o *Options) openHeldOut(ctx context.Context, m *modelfile.Model, c *dataset.Split) (*dataset.Split, error) {
	d := o.Config.Data
	if d.HoldOut > 0 {
		return c.HoldOut(d.HoldOut, o.Config.Train.Seed)
	}
	data := dataset.FromConfig(d, dataset.Val)
	if data.Annotations == "" && d.Val.Root == "" && !dataset.HasValidation(data.Root) {
		return nil, nil
	}
	data.Display = o.Display
	return m.OpenSplit(ctx, data)
}

// judge warns of what the estimate does not rest on.
func (o *Options) judge(e *prior.Estimate) {
	log := o.Display.Log()
	all, unknowable := len(e.Prior.Avg), len(e.Unknowable)
	switch {
	case !e.Fitted && o.fromScores():
		log.Warn("no class has scores of annotated cells of both kinds: what scores are worth cannot be measured")
	case !e.Fitted:
		log.Warn("no annotated cells that the model was not trained on: what its log-odds are worth is measured on those that it was trained on, where it is too sure (--val_annotations names validation labels, --val_split 0.1 holds images out)")
	case o.fromScores():
		log.Info("log-odds measured on annotated cells", "scale", float32(e.Scale))
	default:
		log.Info("log-odds measured on held-out images", "scale", float32(e.Scale))
	}
	switch {
	case 2*unknowable > all:
		log.Warn("the prior of most classes cannot be told: the model hardly separates them; train it longer, a larger one, or from pretrained weights (--model_path)", "classes", unknowable, "of", all)
	case unknowable > 0:
		log.Info("priors that cannot be told are the share of annotated positives: "+count.Of(unknowable, "class"), "of", all)
	}
}
