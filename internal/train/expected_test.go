package train

import (
	"context"
	"math"
	"testing"

	"csl/internal/fixture"
	"csl/internal/loss"
)

func TestEPRExpectsWhatIsSetElseThePriorElseTheAnnotatedPositives(t *testing.T) {
	d, j, out := fixture.Make(t, 10, 5), newJob(t), t.TempDir()
	tr, err := newTrainer(context.Background(), j.options(t, d.Settings(out, "loss.name="+loss.EPR, "loss.mode=negative")))
	if err != nil {
		t.Fatal(err)
	}
	defer tr.close()
	set := tr.data.train.Set
	counted := float64(set.Stats().Total.Positives) / 10
	if got := tr.lossConfig(nil).Expected; got != counted || counted == 0 {
		t.Errorf("from the labels: %v, want %v", got, counted)
	}
	if got := tr.lossConfig([]float32{0.5, 0.25, 0.125, 1}).Expected; math.Abs(got-1.875) > 1e-9 {
		t.Errorf("from the prior: %v", got)
	}
	tr.cfg.Loss.Expected = 3
	if got := tr.lossConfig([]float32{1, 1, 1, 1}).Expected; got != 3 {
		t.Errorf("as set: %v", got)
	}
}
