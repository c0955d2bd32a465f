package estimate

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"csl/internal/checkpoint/checkpointtest"
	"csl/internal/fixture"
	"csl/internal/prior"
)

func TestByShiftThePriorHasIntervalsAndTheMeanScoresBesideIt(t *testing.T) {
	d := fixture.Make(t, 12, 8)
	model := checkpointtest.Checkpoint(t, fixture.Classes(), nil)
	o, log := options(t, d)
	o.Model.Path, o.CompareWith = model, d.Full
	r := estimate(t, o)
	if r.Estimate == nil || !r.Estimate.Fitted || r.Comparison.Mean == nil || r.Prior.Low == nil {
		t.Fatalf("%+v\n%s", r, log)
	}
	byMean, _ := options(t, d, "prior.method=mean")
	byMean.Model.Path = model
	if m := estimate(t, byMean); !slices.Equal(m.Prior.Avg, r.Estimate.Mean) || m.Estimate != nil {
		t.Errorf("mean scores %v, by prior.method mean %v", r.Estimate.Mean, m.Prior.Avg)
	}
	stored, _, err := prior.Load(context.Background(), o.Out, fixture.Classes(), "")
	if err != nil || !slices.Equal(stored.Avg, r.Prior.Avg) || !slices.Equal(stored.High, r.Prior.High) || !slices.Equal(stored.Mean, r.Estimate.Mean) || !slices.Equal(stored.Count, r.Estimate.Count) {
		t.Errorf("stored %+v, %v", stored, err)
	}
	text, err := os.ReadFile(o.Out)
	if err != nil || !strings.HasPrefix(string(text), "Classes,avg_pred,low,high,mean_score,annotated\n") {
		t.Errorf("%s %v", text, err)
	}
}

func TestALossWithoutModeIgnoreGivesWayToOneThatHasIt(t *testing.T) {
	d := fixture.Make(t, 4, 2)
	o, _ := options(t, d, "loss.name=wan", "loss.mode=negative", "schedule.epochs=1", "prior.method=mean")
	estimate(t, o)
	if run := fixture.Files(t, o.Config.Train.Out)["config.yaml"]; !strings.Contains(run, "name: partial") || !strings.Contains(run, "mode: ignore") {
		t.Errorf("%s", run)
	}
}

func TestAModelThatKnowsNothingIsWarnedOf(t *testing.T) {
	d := fixture.Make(t, 12, 8)
	o, log := options(t, d)
	o.Model.Path = checkpointtest.Checkpoint(t, fixture.Classes(), nil) // random weights
	if r := estimate(t, o); 2*len(r.Estimate.Unknowable) <= len(r.Prior.Avg) || !strings.Contains(log.String(), "train it longer") {
		t.Errorf("%d of %d\n%s", len(r.Estimate.Unknowable), len(r.Prior.Avg), log)
	}
}

func TestWithoutHeldOutCellsTheScaleIsNotFittedAndThatIsSaid(t *testing.T) {
	d := fixture.Make(t, 12, 0)
	o, log := options(t, d, "data.val.annotations=")
	o.Model.Path = checkpointtest.Checkpoint(t, fixture.Classes(), nil)
	if r := estimate(t, o); r.Estimate.Fitted || !strings.Contains(log.String(), "--val_split") {
		t.Errorf("%+v\n%s", r.Estimate, log)
	}
}

func TestHeldOutImagesAreThoseThatTrainingHoldsOut(t *testing.T) {
	d := fixture.Make(t, 16, 0)
	o, _ := options(t, d, "data.val.annotations=", "data.val.split=0.5")
	o.Model.Path, o.CompareWith = checkpointtest.Checkpoint(t, fixture.Classes(), nil), d.Full
	if r := estimate(t, o); !r.Estimate.Fitted {
		t.Errorf("%+v", r.Estimate)
	}
}

func TestSimulationHidesLabelsFromTheEstimateToo(t *testing.T) {
	d := fixture.Make(t, 12, 8)
	o, _ := options(t, d, "data.train.annotations="+d.Full, "simulate.type=rps", "simulate.param=0.5")
	o.Model.Path = checkpointtest.Checkpoint(t, fixture.Classes(), nil)
	r := estimate(t, o)
	whole, _ := options(t, d, "data.train.annotations="+d.Full)
	whole.Model.Path = o.Model.Path
	if w := estimate(t, whole); slices.Equal(w.Estimate.Count, r.Estimate.Count) {
		t.Errorf("counts %v with and without hidden labels", r.Estimate.Count)
	}
	if r.Comparison == nil || r.Comparison.True <= r.Comparison.Naive.Sum {
		t.Errorf("%+v", r.Comparison)
	}
}

func TestWithoutValidationTheTemporaryModelIsMeasuredOnImagesHeldOutFromIt(t *testing.T) {
	d := fixture.Make(t, 210, 0)
	o, log := options(t, d, "data.val.annotations=", "schedule.epochs=1", "train.batch=70")
	r := estimate(t, o)
	run := fixture.Files(t, o.Config.Train.Out)["config.yaml"]
	if !r.Estimate.Fitted || !strings.Contains(log.String(), "holding images out") || !strings.Contains(run, "split: 0.1") {
		t.Errorf("fitted %v\n%s\n%s", r.Estimate.Fitted, log, run)
	}
}
