package config

import (
	"slices"
	"testing"

	"csl/internal/model"
	"csl/internal/optim"
)

func TestSettingsShapeTheModel(t *testing.T) {
	s, err := Model{
		Name: "tresnet_m", Stages: []int{1, 2, 1, 1}, Planes: 32, Width: 0.5, Head: HeadBottleneck, HeadHidden: 7, ABNSlope: 0.2,
	}.Spec(9)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Stages, []int{1, 2, 1, 1}) || s.Planes != 16 || s.Head != model.BottleneckHead || s.HeadHidden != 7 ||
		s.StemSlope != 0.2 || s.Slope != 0.2 || s.NumClasses != 9 {
		t.Errorf("%+v", s)
	}
	published, err := model.Lookup("tresnet_m")
	if err != nil {
		t.Fatal(err)
	}
	plain, err := Default().Model.Spec(80)
	if err != nil || !slices.Equal(plain.Stages, published.Stages) || plain.Planes != published.Planes || plain.Slope != published.Slope || plain.Head != model.PlainHead {
		t.Errorf("%+v, %v, want %+v", plain, err, published)
	}
}

func TestImpossibleModelsAreErrors(t *testing.T) {
	for name, m := range map[string]Model{
		"unknown name": {Name: "resnet"},
		"no channels":  {Name: "tresnet_m", Width: 1e-6},
	} {
		if _, err := m.Spec(4); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := Default().Model.Spec(0); err == nil {
		t.Error("no classes were taken")
	}
}

func TestSettingsReachLossAndOptimizer(t *testing.T) {
	c := Default()
	c.Loss.GammaUnann, c.Loss.TopKSkipsGated, c.Prior.Threshold, c.Loss.LogClamp = 9, true, 0.25, 1e-8
	l := c.LossConfig()
	if l.GammaUnann != 9 || !l.TopKSkipsGated || c.PriorSelection().Threshold != 0.25 || l.LogClamp != 1e-8 || l.Mode != c.Loss.Mode {
		t.Errorf("%+v", l)
	}
	c.Optimizer.Name, c.Optimizer.WeightDecay, c.EMA.Warmup = optim.AdamW, 0.5, true
	if o := c.OptimizerConfig(); o.Name != "adamw" || o.WeightDecay != 0.5 || o.EMA.Decay != 0.9997 || !o.EMA.Warmup {
		t.Errorf("%+v", o)
	}
	c.EMA.Decay = 0
	if o := c.OptimizerConfig(); o.EMA != nil {
		t.Errorf("%+v", o)
	}
}

func TestACycleCountsAccumulatedSteps(t *testing.T) {
	c := Default()
	c.Schedule.Epochs, c.Train.Accumulate = 3, 4
	cycle, err := c.OneCycle(9)
	if err != nil || cycle.TotalSteps != 9 || cycle.MaxLR != c.Optimizer.LR {
		t.Errorf("%+v, %v", cycle, err)
	}
	c.Schedule.Epochs = maxSteps
	if _, err := c.OneCycle(9); err == nil {
		t.Error("a schedule without end was taken")
	}
}

func TestTheTableHasTheLimitsOfTheLossAndTheOptimizer(t *testing.T) {
	for _, bad := range []func(c *Config){
		func(c *Config) { c.Loss.Clip = 1 },
		func(c *Config) { c.Loss.GammaNeg = -1 },
		func(c *Config) { c.Optimizer.Name = "sgd" },
		func(c *Config) { c.Optimizer.WeightDecay = -1 },
		func(c *Config) { c.EMA.Decay = 1 },
	} {
		c := Default()
		bad(c)
		settings, domain := c.Validate(), c.LossConfig().Validate()
		if domain == nil {
			domain = c.OptimizerConfig().Validate()
		}
		if settings == nil || domain == nil || settings.Error() != domain.Error() {
			t.Errorf("the settings say %v, the package %v", settings, domain)
		}
	}
}
