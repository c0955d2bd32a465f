package train

import (
	"fmt"

	"csl/internal/config"
	"csl/internal/count"
	"csl/internal/images/transform"
	"csl/internal/model"
	"csl/internal/optim"
)

// logger is what messages need of slog.Logger.
type logger interface {
	Debug(msg string, args ...any)
	Info(msg string, args ...any)
	Warn(msg string, args ...any)
}

// Spec is the architecture that a configuration asks for, with that many classes.
func Spec(m config.Model, classes int) (model.Spec, error) {
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
	if m.Head == config.HeadBottleneck {
		s.Head, s.HeadHidden = model.BottleneckHead, m.HeadHidden
	}
	s.NumClasses = classes
	return s, s.Validate()
}

func optimizerConfig(c *config.Config) optim.Config {
	o := optim.Defaults()
	o.Name, o.WeightDecay, o.EMA = c.Optimizer.Name, c.Optimizer.WeightDecay, nil
	if c.EMA.Decay > 0 {
		o.EMA = &optim.EMA{Decay: c.EMA.Decay, Warmup: c.EMA.Warmup}
	}
	return o
}

// augmentation is what training does to images.
func augmentation(a config.Augment) transform.Augment {
	return transform.Augment{Flip: a.Flip, Cutout: a.Cutout, Ops: a.RandAugment.Ops, Magnitude: a.RandAugment.Magnitude}
}

// cycleOf is the schedule of a run whose epochs have that many batches.
func cycleOf(c *config.Config, batches int) (optim.OneCycle, error) {
	perEpoch := (batches-1)/c.Train.Accumulate + 1
	if perEpoch < 1 || c.Schedule.Epochs > maxSteps/perEpoch {
		return optim.OneCycle{}, fmt.Errorf("schedule.epochs %d of %s are more than the %d steps that a run may have",
			c.Schedule.Epochs, count.Of(perEpoch, "step"), maxSteps)
	}
	return optim.NewOneCycle(c.Optimizer.LR, perEpoch*c.Schedule.Epochs, c.Schedule.PctStart)
}

// maxSteps bounds the steps of a run, so that numbers of steps and images stay far from overflowing.
const maxSteps = 1 << 40

// selective says whether the loss drops unknown labels.
func selective(c *config.Config) bool { return c.Loss.Mode == config.ModeSelective }
