package train

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"csl/internal/config"
	"csl/internal/fixture"
	"csl/internal/model"
	"csl/internal/rundir"
)

func TestSettingsShapeTheModel(t *testing.T) {
	s, err := Spec(config.Model{
		Name: "tresnet_m", Stages: []int{1, 2, 1, 1}, Planes: 32, Width: 0.5, Head: config.HeadBottleneck, HeadHidden: 7, ABNSlope: 0.2,
	}, 9)
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
	plain, err := Spec(config.Default().Model, 80)
	if err != nil || !slices.Equal(plain.Stages, published.Stages) || plain.Planes != published.Planes || plain.Slope != published.Slope || plain.Head != model.PlainHead {
		t.Errorf("%+v, %v, want %+v", plain, err, published)
	}
}

func TestImpossibleModelsAreErrors(t *testing.T) {
	for name, m := range map[string]config.Model{
		"unknown name": {Name: "resnet"},
		"no channels":  {Name: "tresnet_m", Width: 1e-6},
	} {
		if _, err := Spec(m, 4); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := Spec(config.Default().Model, 0); err == nil {
		t.Error("no classes were taken")
	}
}

func TestSettingsReachLossAndOptimizer(t *testing.T) {
	c := config.Default()
	c.Loss.GammaUnann, c.Loss.TopKSkipsGated, c.Prior.Threshold, c.Loss.LogClamp = 9, true, 0.25, 1e-8
	l := c.LossConfig()
	if l.GammaUnann != 9 || !l.TopKSkipsGated || c.PriorSelection().Threshold != 0.25 || l.LogClamp != 1e-8 || l.Mode != c.Loss.Mode {
		t.Errorf("%+v", l)
	}
	c.Optimizer.Name, c.Optimizer.WeightDecay, c.EMA.Warmup = config.OptimizerAdamW, 0.5, true
	if o := optimizerConfig(c); o.Name != "adamw" || o.WeightDecay != 0.5 || o.EMA.Decay != 0.9997 || !o.EMA.Warmup {
		t.Errorf("%+v", o)
	}
	c.EMA.Decay = 0
	if o := optimizerConfig(c); o.EMA != nil {
		t.Errorf("%+v", o)
	}
}

func TestLogsKeepClocksOutOfTheMetrics(t *testing.T) {
	dir := t.TempDir()
	fixture.Write(t, filepath.Join(dir, rundir.Metrics), "{\"kind\":\"step\",\"step\":1}\nforgotten\n")
	keep := int64(len("{\"kind\":\"step\",\"step\":1}\n"))
	l, err := openLogs(fixture.FS(), dir, keep, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.record(rundir.Step{Kind: rundir.KindStep, Step: 2}, rundir.KindStep, 2, 64); err != nil {
		t.Fatal(err)
	}
	if err := l.close(); err != nil {
		t.Fatal(err)
	}
	log, err := rundir.ReadLog(dir)
	if err != nil || len(log.Steps) != 2 || log.Steps[1].Step != 2 {
		t.Errorf("%+v, %v", log, err)
	}
	times, err := rundir.ReadTimings(dir)
	if err != nil || len(times) != 1 || times[0].Step != 2 || times[0].Rate <= 0 {
		t.Errorf("%+v, %v", times, err)
	}
	if _, err := openLogs(fixture.FS(), dir, 1<<20, 0); err == nil {
		t.Error("a log that lost lines was taken")
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "sub", rundir.Timings), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := openLogs(fixture.FS(), filepath.Join(dir, "sub"), 0, 0); err == nil {
		t.Error("a folder in a log's place was taken")
	}
}
