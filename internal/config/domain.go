package config

import (
	"fmt"

	"csl/internal/count"
	"csl/internal/images/codec"
	"csl/internal/images/transform"
	"csl/internal/labels"
	"csl/internal/loss"
	"csl/internal/model"
	"csl/internal/optim"
	"csl/internal/prior"
)

// This file turns settings into the values that other packages work with; nothing else does. (What a data set
// needs besides, the folder of its split, package dataset puts together from these.)

// Spec is the architecture that the settings ask for, with that many classes.
func (m Model) Spec(classes int) (model.Spec, error) {
	s, err := model.Lookup(m.Name)
	if err != nil {
		return s, err
	}
	if len(m.Stages) > 0 {
		s.Stages = m.Stages
	}
	if m.Planes > 0 {
		s.Planes = m.Planes
	}
	if m.Width > 0 {
		s.Planes = int(float64(s.Planes) * m.Width)
	}
	if m.ABNSlope > 0 {
		s.StemSlope, s.Slope = m.ABNSlope, m.ABNSlope
	}
	if m.Head == HeadBottleneck {
		s.Head, s.HeadHidden = model.BottleneckHead, m.HeadHidden
	}
	s.NumClasses = classes
	return s, s.Validate()
}

// LossConfig is the loss that the settings describe; its gate is that of [prior.Prior.Gate] for
// [Config.PriorSelection].
func (c *Config) LossConfig() loss.Config {
	l := c.Loss
	return loss.Config{
		Name: l.Name, Mode: l.Mode,
		GammaPos: l.GammaPos, GammaNeg: l.GammaNeg, GammaUnann: l.GammaUnann,
		AlphaPos: l.AlphaPos, AlphaNeg: l.AlphaNeg, AlphaUnann: l.AlphaUnann,
		Clip: l.Clip, TopK: l.TopK, TopKSkipsGated: l.TopKSkipsGated, LogClamp: l.LogClamp, Expected: l.Expected,
		Tau: l.Tau, CorrectAfter: l.CorrectAfter, LargeLoss: l.LargeLoss,
		PriorThreshold: prior.GateThreshold,
	}
}

// PriorSelection says which classes of the prior selective mode gates.
func (c *Config) PriorSelection() prior.Selection {
	return prior.Selection{Threshold: c.Prior.Threshold, TopN: c.Prior.TopN, Quantile: c.Prior.Quantile, Hidden: c.Prior.Hidden}
}

// OptimizerConfig is the optimizer that the settings describe.
func (c *Config) OptimizerConfig() optim.Config {
	o := optim.Defaults()
	o.Name, o.WeightDecay, o.EMA = c.Optimizer.Name, c.Optimizer.WeightDecay, nil
	if c.EMA.Decay > 0 {
		o.EMA = &optim.EMA{Decay: c.EMA.Decay, Warmup: c.EMA.Warmup}
	}
	return o
}

// maxSteps bounds the steps of a run, so that numbers of steps and images stay far from overflowing.
const maxSteps = 1 << 40

// OneCycle is the schedule of a run whose epochs have that many batches, at least 1.
func (c *Config) OneCycle(batches int) (optim.OneCycle, error) {
	perEpoch := (batches-1)/c.Train.Accumulate + 1
	if perEpoch < 1 || c.Schedule.Epochs > maxSteps/perEpoch {
		return optim.OneCycle{}, fmt.Errorf("schedule.epochs %d of %s are more than the %d steps that a run may have",
			c.Schedule.Epochs, count.Of(perEpoch, "step"), maxSteps)
	}
	return optim.NewOneCycle(c.Optimizer.LR, perEpoch*c.Schedule.Epochs, c.Schedule.PctStart)
}

// Transform is what training does to images.
func (a Augment) Transform() transform.Augment {
	return transform.Augment{Flip: a.Flip, Cutout: a.Cutout, Ops: a.RandAugment.Ops, Magnitude: a.RandAugment.Magnitude}
}

// Decoding is how images are decoded: all that are being decoded with it share a budget of memory.
func (d Data) Decoding() codec.Options {
	return codec.Options{
		MaxPixels: int64(d.MaxPixels), Memory: codec.NewMemory(int64(d.MaxImageMemory)),
		EXIFOrientation: d.EXIFOrientation, TargetWidth: d.Size,
	}
}

// LabelValues is the coding of CSV values.
func (d Data) LabelValues() labels.Values {
	v, _ := labels.ParseValues(d.Values) // the table of settings admits no other
	return v
}
