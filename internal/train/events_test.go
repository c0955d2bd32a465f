package train

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"csl/internal/fixture"
	"csl/internal/rundir"
	"csl/internal/tensorboard/tensorboardtest"
)

// curves reads the file for TensorBoard: values by tag and step.
func curves(t *testing.T, dir string) (events []tensorboardtest.Event, values map[string]float32) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, rundir.Events))
	if err != nil {
		t.Fatal(err)
	}
	if events, err = tensorboardtest.Read(b); err != nil {
		t.Fatal(err)
	}
	values = map[string]float32{}
	for _, e := range events {
		for _, v := range e.Values {
			key := fmt.Sprint(v.Tag, "@", e.Step)
			if _, twice := values[key]; twice {
				t.Errorf("%s is there twice", key)
			}
			values[key] = v.Simple
		}
	}
	return events, values
}

func TestTensorBoardGetsTheNumbersOfTheMetrics(t *testing.T) {
	d, j, out := fixture.Make(t, 10, 5), newJob(t), t.TempDir()
	from := float64(time.Now().UnixNano()) / 1e9
	j.must(t, d.Settings(out, "train.tensorboard=true"))
	events, values := curves(t, out)
	if events[0].Version != "brain.Event:2" {
		t.Errorf("the file begins with %+v", events[0])
	}
	for i, e := range events {
		if e.WallTime < from-1 || e.WallTime > from+3600 || (i > 0) == (e.Version != "") {
			t.Errorf("event %d: %+v", i, e)
		}
		from = e.WallTime
	}
	want := map[string]*float64{}
	log, err := rundir.ReadLog(out)
	if err != nil || len(log.Steps) != 6 || len(log.Validations) != 2 {
		t.Fatalf("%+v, %v", log, err)
	}
	for _, r := range log.Steps {
		for tag, v := range map[string]float64{
			"loss/total": r.Loss, "loss/positive": r.Positive, "loss/negative": r.Negative, "loss/unknown": r.Unknown,
			"dropped/prior": r.DroppedPrior, "dropped/topk": r.DroppedTopK, "dropped/either": r.Dropped, "schedule/learning_rate": r.LR,
		} {
			want[fmt.Sprint(tag, "@", r.Step)] = &v
		}
	}
	for _, r := range log.Validations {
		for source, s := range map[string]rundir.Scores{"regular": r.Regular, "ema": r.EMA} {
			for name, v := range s.ByName() {
				want[fmt.Sprint(name, "/", source, "@", r.Step)] = v
			}
		}
	}
	defined := 0
	for key, v := range want {
		got, there := values[key]
		if there != (v != nil) || there && (got != float32(*v) || math.IsNaN(float64(got))) {
			t.Errorf("%s: %v, %v; metrics.jsonl has %v", key, got, there, v)
		}
		if v != nil {
			defined++
		}
	}
	if len(values) != defined || values["map_partial/ema@6"] == 0 || values["loss/total@1"] == 0 {
		t.Errorf("%d values, want %d: %v", len(values), defined, values)
	}
}

func TestNothingIsWrittenForTensorBoardUnasked(t *testing.T) {
	d, j, out := fixture.Make(t, 4, 2), newJob(t), t.TempDir()
	j.must(t, d.Settings(out, "schedule.epochs=1"))
	if exists(filepath.Join(out, rundir.Events)) {
		t.Error("there is a file for TensorBoard")
	}
}

// TestABrokenEndOfTheCurvesIsForgotten has the run die within a record, which lies behind what the last save counted.
func TestABrokenEndOfTheCurvesIsForgotten(t *testing.T) {
	d, j, undisturbed, out := fixture.Make(t, 10, 5), newJob(t), t.TempDir(), t.TempDir()
	settings := []string{"train.tensorboard=true"}
	j.must(t, d.Settings(undisturbed, settings...))
	if err := j.interrupt(t, d.Settings(out, settings...), &canceller{steps: 2}); err == nil {
		t.Fatal("not interrupted")
	}
	f, err := os.OpenFile(filepath.Join(out, rundir.Events), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("\x20\x00\x00\x00\x00\x00\x00\x00half a rec")); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	j.resume = true
	j.must(t, d.Settings(out, settings...))
	same(t, "resumed", lasting(t, out), lasting(t, undisturbed))
}
