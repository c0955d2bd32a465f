package estimate

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"csl/internal/checkpoint/checkpointtest"
	"csl/internal/config"
	"csl/internal/dataset"
	"csl/internal/fixture"
	"csl/internal/garbage"
	"csl/internal/graph"
	"csl/internal/images/loader"
	"csl/internal/kernel/kerneltest"
	"csl/internal/model"
	"csl/internal/modelfile"
	"csl/internal/predict"
	"csl/internal/prior"
	"csl/internal/progress"
	"csl/internal/rundir"
	"csl/internal/safefile/faultfs"
	"csl/internal/train"
)

// options estimate from the training images of d, in a new folder.
func options(t *testing.T, d fixture.Data, settings ...string) (o Options, log *bytes.Buffer) {
	t.Helper()
	be, err := graph.NewCPU(2, kerneltest.Best(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(be.Close)
	dir := t.TempDir()
	c, _, err := config.Load(config.Sources{Set: d.Settings(filepath.Join(dir, "run"), settings...)})
	if err != nil {
		t.Fatal(err)
	}
	log = &bytes.Buffer{}
	return Options{
		Config: c, Data: dataset.FromConfig(c.Data, dataset.Train), Out: filepath.Join(dir, "prior.csv"),
		Backend: be, Display: progress.New(progress.Options{Out: log}), FS: fixture.FS(), Version: "test",
	}, log
}

func estimate(t *testing.T, o Options) Result {
	t.Helper()
	r, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// meanScores are what a checkpoint says of all training images, computed here.
func meanScores(t *testing.T, o Options, path string) []float64 {
	t.Helper()
	m, err := modelfile.Open(context.Background(), modelfile.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	c, err := m.OpenSplit(context.Background(), o.Data)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	l := m.Loading(o.Data.Decode)
	l.Batch = 1
	batches, err := c.Loader(context.Background(), l, nil)
	if err != nil {
		t.Fatal(err)
	}
	runner, err := predict.New(o.Backend, m.Weights, nil, 1, l.Height, l.Width)
	if err != nil {
		t.Fatal(err)
	}
	sum := make([]float64, c.Set.NumClasses())
	err = predict.Pass(context.Background(), batches, 0, garbage.Hooks{}, func(b *loader.Batch) error {
		logits, err := runner.Logits(b.Pix, b.N)
		for i, z := range logits {
			sum[i] += 1 / (1 + math.Exp(-float64(z))) / float64(c.Set.Len())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestByMeanThePriorIsTheMeanScoreOfTheTrainingImages(t *testing.T) {
	d := fixture.Make(t, 7, 3)
	o, _ := options(t, d, "prior.method=mean")
	o.Model.Path = checkpointtest.Checkpoint(t, fixture.Classes(), nil)
	r := estimate(t, o)
	want := meanScores(t, o, o.Model.Path)
	for i, v := range r.Prior.Avg {
		if math.Abs(float64(v)-want[i]) > 1e-6 {
			t.Errorf("%s: %v, want %v", r.Prior.Classes[i], v, want[i])
		}
	}
	if r.Weights != o.Model.Path || r.Comparison != nil || r.Skipped != 0 {
		t.Errorf("result %+v", r)
	}
	stored, warnings, err := prior.Load(context.Background(), o.Out, fixture.Classes(), "")
	if err != nil || warnings != nil || !slices.Equal(stored.Avg, r.Prior.Avg) {
		t.Errorf("stored %+v, %v, %v", stored, warnings, err)
	}
	if exists(o.Config.Train.Out) {
		t.Error("a run's folder was made")
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func TestTheTemporaryModelIsTrainedInIgnoreModeAndItsBestWeightsAreUsed(t *testing.T) {
	d := fixture.Make(t, 10, 5)
	o, _ := options(t, d, "prior.method=mean", "prior.path=/nowhere.csv") // neither that nor mode selective counts
	r := estimate(t, o)
	run := o.Config.Train.Out
	want := meanScores(t, o, filepath.Join(run, rundir.Best))
	for i, v := range r.Prior.Avg {
		if math.Abs(float64(v)-want[i]) > 1e-6 {
			t.Errorf("%s: %v, want %v", r.Prior.Classes[i], v, want[i])
		}
	}
	files := fixture.Files(t, filepath.Dir(o.Out))
	if !strings.Contains(files["run/config.yaml"], "mode: ignore") || files["run/prior.csv"] != files["prior.csv"] {
		t.Errorf("configuration\n%s\npriors %q and %q", files["run/config.yaml"], files["run/prior.csv"], files["prior.csv"])
	}
	log, err := rundir.ReadLog(run)
	if err != nil {
		t.Fatal(err)
	}
	last := log.Validations[0]
	for _, v := range log.Validations {
		if v.Improved {
			last = v
		}
	}
	if !strings.Contains(r.Weights, "the "+last.Source+" weights of step ") || o.Config.Loss.Mode != config.ModeSelective {
		t.Errorf("weights %q, want %s; mode %s", r.Weights, last.Source, o.Config.Loss.Mode)
	}
}

func TestWithoutValidationItSaysWhichWeightsAreUsed(t *testing.T) {
	d := fixture.Make(t, 4, 0)
	for epochs, want := range map[string]string{"9": "the regular weights", "10": "the ema weights"} { // steps of decay 0.5
		o, _ := options(t, d, "data.val.annotations=", "schedule.epochs="+epochs)
		if r := estimate(t, o); !strings.HasPrefix(r.Weights, want) {
			t.Errorf("%s epochs: %q, want %q", epochs, r.Weights, want)
		}
	}
}

func TestTheMeanOverTrainingBatchesIsTheReferencesWay(t *testing.T) {
	d := fixture.Make(t, 10, 5)
	o, _ := options(t, d, "prior.method=training")
	r := estimate(t, o)
	files := fixture.Files(t, filepath.Dir(o.Out))
	if files["prior.csv"] == "" || files["prior.csv"] != files["run/prior.csv"] || r.Weights != "the outputs for all training batches" {
		t.Errorf("%+v, priors %q and %q", r, files["prior.csv"], files["run/prior.csv"])
	}
	clean, _ := options(t, d)
	if c := estimate(t, clean); slices.Equal(c.Prior.Avg, r.Prior.Avg) {
		t.Error("the same as a clean pass with the final weights")
	}
}

func TestComparisonWithFullAnnotations(t *testing.T) {
	d := fixture.Make(t, 12, 4)
	model := checkpointtest.Checkpoint(t, fixture.Classes(), nil)
	given, _ := options(t, d)
	given.Model.Path, given.CompareWith = model, d.Full
	simulated, _ := options(t, d, "data.train.annotations="+d.Full, "simulate.type=rps", "simulate.param=0.5")
	simulated.Model.Path = model
	for name, o := range map[string]Options{"given": given, "simulated": simulated} {
		c := estimate(t, o).Comparison
		if c == nil || c.Top != 4 || c.Estimated.Overlap != 4 || c.Naive.Overlap != 4 {
			t.Errorf("%s: %+v", name, c)
		}
	}
	// Labels that hide nothing rank the classes as the full ones do.
	same, _ := options(t, d, "data.train.annotations="+d.Full)
	same.Model.Path, same.CompareWith = model, d.Full
	if c := estimate(t, same).Comparison; c.Naive.Spearman != 1 {
		t.Errorf("naive %+v, want 1", c.Naive)
	}
	for path, want := range map[string]string{
		"/nowhere.csv": "/nowhere.csv",
		fixture.Write(t, filepath.Join(t.TempDir(), "other.csv"), "image,label,value\np000.png,purple,1\n"): "other.csv",
	} {
		o, _ := options(t, d)
		o.Model.Path, o.CompareWith = model, path
		if _, err := Run(context.Background(), o); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: err = %v", path, err)
		}
	}
}

func TestAFailureOfAnyStepOfWritingThePriorIsReportedAndCanBeMadeGood(t *testing.T) {
	d := fixture.Make(t, 4, 2)
	o, _ := options(t, d, "schedule.epochs=1", "ema.decay=0")
	undisturbed := estimate(t, o)
	trained := fixture.Files(t, o.Config.Train.Out)
	// The training's own steps are tested in package train: here the run is there already.
	o.Resume = true
	clean := faultfs.New(0)
	o.FS = clean
	estimate(t, o)
	for i, kind := range clean.Steps() {
		fixture.Write(t, o.Out, "old")
		fsys := faultfs.New(i + 1)
		fsys.Under = fixture.FS()
		o.FS = fsys
		_, err := Run(context.Background(), o)
		if !errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), "\n") {
			t.Errorf("step %d, %s: err = %v", i+1, kind, err)
		}
		for name := range fixture.Files(t, filepath.Dir(o.Out)) {
			if strings.Contains(name, ".csltmp-") {
				t.Errorf("step %d, %s: left %s", i+1, kind, name)
			}
		}
		o.FS = fixture.FS()
		if r := estimate(t, o); !slices.Equal(r.Prior.Avg, undisturbed.Prior.Avg) {
			t.Errorf("step %d, %s: another prior", i+1, kind)
		}
	}
	if now := fixture.Files(t, o.Config.Train.Out); now[rundir.Best] != trained[rundir.Best] || now[rundir.Metrics] != trained[rundir.Metrics] {
		t.Error("the temporary run changed")
	}
}

func TestAnInterruptedTrainingIsPassedOn(t *testing.T) {
	d := fixture.Make(t, 4, 2)
	o, _ := options(t, d)
	ctx, cancel := context.WithCancel(context.Background())
	o.Display = progress.New(progress.Options{Out: cancelAtEpoch{cancel}})
	_, err := Run(ctx, o)
	var stopped *train.Interrupted
	if !errors.As(err, &stopped) || exists(o.Out) {
		t.Fatalf("err = %v", err)
	}
	o.Resume = true
	o.Display = progress.New(progress.Options{Out: &bytes.Buffer{}})
	resumed := estimate(t, o)
	whole, _ := options(t, d)
	if want := estimate(t, whole); !slices.Equal(resumed.Prior.Avg, want.Prior.Avg) {
		t.Error("another prior after the interruption")
	}
}

// cancelAtEpoch cancels when the log tells of the first epoch.
type cancelAtEpoch struct{ cancel func() }

func (c cancelAtEpoch) Write(p []byte) (int, error) {
	if bytes.HasPrefix(p, []byte("epoch 1/2: loss")) {
		c.cancel()
	}
	return len(p), nil
}

func TestAModelThatGivesNoNumbersIsAnError(t *testing.T) {
	d := fixture.Make(t, 4, 2)
	o, _ := options(t, d)
	o.Model.Path = checkpointtest.Checkpoint(t, fixture.Classes(), func(w *model.Weights) {
		shape, data, _ := w.Get("head.fc.bias")
		data[2] = float32(math.NaN())
		if err := w.Set("head.fc.bias", shape, data); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := Run(context.Background(), o); err == nil || !strings.Contains(err.Error(), "NaN") || exists(o.Out) {
		t.Errorf("err = %v", err)
	}
}
