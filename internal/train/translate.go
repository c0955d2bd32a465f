package train

import (
	"os"

	"csl/internal/config"
	"csl/internal/dataset"
	"csl/internal/labels"
	"csl/internal/model"
	"csl/internal/optim"
)

// logger is what messages need of slog.Logger.
type logger interface{ Warn(msg string, args ...any) }

// Spec is the architecture that a configuration asks for, with so many classes.
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

// simulated hides labels of a split.
func simulated(c *dataset.Split, s config.Simulate) (*labels.Set, error) {
	return labels.Simulate(c.Set, s.Type, s.Param, s.Seed)
}

// hasLayout tells whether a folder is laid out as COCO and has validation labels.
func hasLayout(root string) bool {
	if info, err := os.Stat(root); err != nil || !info.IsDir() {
		return false
	}
	_, _, err := labels.FindCOCO(root, dataset.Val)
	return err == nil
}
