package train

import (
	"context"
	"encoding/csv"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"csl/internal/checkpoint"
	"csl/internal/checkpoint/checkpointtest"
	"csl/internal/fixture"
	"csl/internal/images/loader"
	"csl/internal/model"
	"csl/internal/predict"
	"csl/internal/rundir"
	"csl/internal/safefile"
)

func TestEqualRunsGiveEqualFilesForAnyNumberOfThreads(t *testing.T) {
	d, j := fixture.Make(t, 10, 5), newJob(t)
	for name, settings := range map[string][]string{
		"augmented": {"augment.cutout=0.5", "augment.randaugment.ops=2", "augment.flip=0.5"},
		"fpc":       {"data.train.annotations=" + d.Full, "simulate.type=fpc", "simulate.param=2"},
		"rps":       {"data.train.annotations=" + d.Full, "simulate.type=rps", "simulate.param=0.5"},
	} {
		t.Run(name, func(t *testing.T) {
			one, two := t.TempDir(), t.TempDir()
			j.be = newCPU(t, 1)
			j.must(t, d.Settings(one, append(settings, "data.workers=1")...))
			j.be = newCPU(t, 2)
			j.must(t, d.Settings(two, append(settings, "data.workers=3")...))
			same(t, "two threads", lasting(t, two), lasting(t, one))
			if _, stored := lasting(t, one)[rundir.Labels]; stored != (name != "augmented") {
				t.Errorf("labels stored: %v", stored)
			}
		})
	}
}

func TestAnotherSeedIsAnotherRun(t *testing.T) {
	d, j, a, b := fixture.Make(t, 10, 5), newJob(t), t.TempDir(), t.TempDir()
	j.must(t, d.Settings(a))
	j.must(t, d.Settings(b, "train.seed=2"))
	if lasting(t, a)[rundir.Metrics] == lasting(t, b)[rundir.Metrics] {
		t.Error("the same metrics")
	}
}

func TestADivergingRunStopsAndKeepsTheLastGoodState(t *testing.T) {
	d, j, out := fixture.Make(t, 10, 5), newJob(t), t.TempDir()
	settings := d.Settings(out, "optimizer.lr=1e30", "train.save_every=1", "schedule.epochs=3")
	_, err := j.run(t, settings)
	var bad *NonFinite
	if !errors.As(err, &bad) || strings.Contains(err.Error(), "\n") {
		t.Fatalf("err = %v", err)
	}
	if bad.Step != 2 || bad.Saved != "" || !strings.Contains(bad.Where, "body.") {
		t.Errorf("%+v", bad)
	}
	g, err := safefile.LoadLast(out)
	if err != nil || g.Step != 0 {
		t.Fatalf("state %+v, %v", g, err)
	}
	if exists(filepath.Join(out, rundir.Best)) {
		t.Error("best weights were written")
	}
	// Nothing was learnt: the folder can be used again.
	j.must(t, d.Settings(out, "schedule.epochs=1"))
}

func TestALaterDivergenceNamesTheStateToGoOnFrom(t *testing.T) {
	d, j, out := fixture.Make(t, 10, 5), newJob(t), t.TempDir()
	tr, err := newTrainer(context.Background(), j.options(t, d.Settings(out)))
	if err != nil {
		t.Fatal(err)
	}
	tr.hooks = append(tr.hooks, poisoner{at: 5, stepper: tr.stepper})
	err = errors.Join(tr.loop(context.Background()), tr.close())
	var bad *NonFinite
	if !errors.As(err, &bad) || bad.Step != 6 || bad.Saved != "step 3 in "+out {
		t.Fatalf("err = %v", err)
	}
	for _, want := range []string{"loss is not a finite number at step 6", "head.fc.bias", "the last good state is step 3 in " + out} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	if g, err := safefile.LoadLast(out); err != nil || g.Step != 3 {
		t.Errorf("state %+v, %v", g, err)
	}
}

// poisoner breaks a weight after a step.
type poisoner struct {
	noHook
	at      int
	stepper *stepper
}

func (p poisoner) afterStep(s *state, _ stepInfo) error {
	if s.Cursor.Step == p.at {
		params := p.stepper.weights.Params()
		params[len(params)-1].Data[0] = float32(math.NaN())
	}
	return nil
}

func TestWeightsThatAreNotFiniteAreRefusedAtTheStart(t *testing.T) {
	d, j := fixture.Make(t, 4, 2), newJob(t)
	first, out := t.TempDir(), filepath.Join(t.TempDir(), "run")
	j.must(t, d.Settings(first, "schedule.epochs=1"))
	w, sd, err := checkpoint.ReadModel(context.Background(), filepath.Join(first, rundir.Best))
	if err != nil || sd.Meta == nil {
		t.Fatal(err)
	}
	w.Params()[3].Data[1] = float32(math.Inf(1))
	path := filepath.Join(first, "poisoned.safetensors")
	writeWeights(t, path, w)
	_, err = j.run(t, d.Settings(out, "model.path="+path))
	if err == nil || !strings.Contains(err.Error(), w.Params()[3].Name) {
		t.Errorf("err = %v, want one that names %s", err, w.Params()[3].Name)
	}
	if _, err := safefile.LoadLast(out); !errors.Is(err, safefile.ErrNoGeneration) {
		t.Errorf("a state was saved: %v", err)
	}
}

func writeWeights(t *testing.T, path string, w *model.Weights) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := checkpoint.WriteSafetensors(f, checkpoint.Tensors(w), nil); err != nil {
		t.Fatal(err)
	}
}

func TestPatienceEndsARunThatNoLongerImproves(t *testing.T) {
	d, j, out := fixture.Make(t, 4, 4), newJob(t), t.TempDir()
	// The last images of a class decide: with a learning rate of nothing every validation is the same.
	r := j.must(t, d.Settings(out, "schedule.epochs=9", "train.patience=2", "optimizer.lr=1e-30", "ema.decay=0", "model.path="+frozen(t, j, d)))
	if r.Epochs >= 9 || !strings.Contains(r.Stopped, "mAP(C) has not improved for 2 validations") {
		t.Errorf("result %+v", r)
	}
	log, err := rundir.ReadLog(out)
	if err != nil || len(log.Validations) != r.Epochs {
		t.Errorf("%d validations in %d epochs, %v", len(log.Validations), r.Epochs, err)
	}
}

// frozen is a checkpoint whose scores hardly move with the running statistics.
func frozen(t *testing.T, j *job, d fixture.Data) string {
	t.Helper()
	out := t.TempDir()
	j.must(t, d.Settings(out, "schedule.epochs=9", "optimizer.lr=1e-30", "ema.decay=0"))
	path := filepath.Join(out, "frozen.safetensors")
	w, _, err := checkpoint.ReadModel(context.Background(), filepath.Join(out, rundir.Best))
	if err != nil {
		t.Fatal(err)
	}
	writeWeights(t, path, w)
	return path
}

func TestTheMonitorDecidesWhatIsBest(t *testing.T) {
	d, j := fixture.Make(t, 10, 5), newJob(t)
	for _, monitor := range []string{"map_partial", "map_o", "map", "cf1", "of1"} {
		out := t.TempDir()
		r := j.must(t, d.Settings(out, "train.monitor="+monitor))
		log, err := rundir.ReadLog(out)
		if err != nil {
			t.Fatal(err)
		}
		best := math.Inf(-1)
		for _, v := range log.Validations {
			for _, s := range []rundir.Scores{v.Regular, v.EMA} {
				if x, err := watched(s, monitor); err == nil && x != nil {
					best = max(best, *x)
				}
			}
		}
		switch {
		case r.Monitor != monitor:
			t.Errorf("%s: result %+v", monitor, r)
		case math.IsInf(best, -1) && r.Best != nil, !math.IsInf(best, -1) && (r.Best == nil || *r.Best != best):
			t.Errorf("%s: best %v, the log has %v", monitor, r.Best, best)
		}
	}
}

func TestBestHoldsTheWeightsThatScored(t *testing.T) {
	d, j, out := fixture.Make(t, 10, 5), newJob(t), t.TempDir()
	r := j.must(t, d.Settings(out, "schedule.epochs=1"))
	g, err := safefile.LoadLast(out)
	if err != nil {
		t.Fatal(err)
	}
	path := g.Path(weightsFile)
	if r.Source == rundir.EMA {
		path = g.Path(averageFile)
	}
	want, _, err := checkpoint.ReadModel(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	got, sd, err := checkpoint.ReadModel(context.Background(), filepath.Join(out, rundir.Best))
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range want.Params() {
		if !slices.Equal(p.Data, got.Params()[i].Data) {
			t.Errorf("%s differs", p.Name)
		}
	}
	m := sd.Meta
	if m.Weights != r.Source || m.Metrics["map_partial"] != *r.Best || m.Input.Width != fixture.Size ||
		len(m.Classes) != 4 || m.Classes[1].Name != "green" || m.Version != "test" || !strings.Contains(m.Config, "topk: 1") {
		t.Errorf("metadata %+v", m)
	}
}

func TestWithoutValidationTheAverageIsKeptAfterFiveTimeConstants(t *testing.T) {
	d, j := fixture.Make(t, 4, 0), newJob(t)
	for epochs, want := range map[string]string{"9": rundir.Regular, "10": rundir.EMA} { // of one step; 1-decay is 0.5
		out := t.TempDir()
		r := j.must(t, d.Settings(out, "data.val.annotations=", "schedule.epochs="+epochs))
		if r.Source != want || r.Best != nil {
			t.Errorf("%s epochs: %+v, want %s", epochs, r, want)
		}
		if text := j.log.String(); !strings.Contains(text, "no validation data: the final weights are kept weights="+want) {
			t.Errorf("%s epochs: log %q", epochs, text)
		}
		_, sd, err := checkpoint.ReadModel(context.Background(), filepath.Join(out, rundir.Best))
		if err != nil || sd.Meta.Weights != want {
			t.Errorf("%s epochs: checkpoint of %v weights, %v", epochs, sd.Meta.Weights, err)
		}
	}
}

func TestTheHeadOfOtherClassesIsReplaced(t *testing.T) {
	d, j, first := fixture.Make(t, 4, 2), newJob(t), t.TempDir()
	j.must(t, d.Settings(first, "schedule.epochs=1"))
	from := filepath.Join(first, rundir.Best)
	trained, _, err := checkpoint.ReadModel(context.Background(), from)
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		classes []string
		kept    bool
		warning string
	}{
		"the same":      {fixture.Classes(), true, ""},
		"another order": {[]string{"green", "red", "blue", "dark"}, false, `other classes: number 0 is "red" there and "green" in the data`},
		"fewer":         {fixture.Classes()[:3], false, "has a head for 4 classes, the data has 3: the head is replaced by a new one"},
	} {
		o := j.options(t, d.Settings(t.TempDir(), "model.path="+from))
		w, err := initialWeights(context.Background(), o.Config, x.classes, o.Display.Log())
		if err != nil {
			t.Fatal(err)
		}
		_, body, _ := w.Get("body.conv1.0.weight")
		_, want, _ := trained.Get("body.conv1.0.weight")
		if !slices.Equal(body, want) {
			t.Errorf("%s: the body was not loaded", name)
		}
		_, head, _ := w.Get("head.fc.weight")
		_, want, _ = trained.Get("head.fc.weight")
		if slices.Equal(head, want) != x.kept {
			t.Errorf("%s: head kept: %v", name, !x.kept)
		}
		if text := j.log.String(); (x.warning == "") != (text == "") || !strings.Contains(text, x.warning) {
			t.Errorf("%s: log %q", name, text)
		}
	}
	_, err = j.run(t, d.Settings(t.TempDir(), "model.path="+from, "model.name=tresnet_s"))
	if !errors.Is(err, checkpoint.ErrMismatch) {
		t.Errorf("another architecture: %v", err)
	}
}

func TestABackboneStartsWithANewHead(t *testing.T) {
	d, j := fixture.Make(t, 4, 2), newJob(t)
	from := checkpointOf(t, func(o checkpoint.Out) (checkpoint.Out, bool) { return o, !strings.HasPrefix(o.Name, "head.") })
	j.must(t, d.Settings(t.TempDir(), "model.path="+from, "schedule.epochs=1"))
	if text := j.log.String(); !strings.Contains(text, "has no head: the head is replaced by a new one, which starts at random") {
		t.Errorf("log %q", text)
	}
}

func TestABackboneThatDoesNotFitStopsUnlessNotStrict(t *testing.T) {
	d, j, out := fixture.Make(t, 4, 2), newJob(t), filepath.Join(t.TempDir(), "run")
	const lost, odd = "body.layer1.0.conv1.0.weight", "body.layer1.0.conv2.1.bias"
	from := checkpointOf(t, func(o checkpoint.Out) (checkpoint.Out, bool) {
		if o.Name == odd {
			return checkpoint.FloatOut(odd, make([]float32, 5), 5), true
		}
		return o, o.Name != lost
	})
	settings := d.Settings(out, "model.path="+from, "schedule.epochs=1")
	_, err := j.run(t, settings)
	if !errors.Is(err, checkpoint.ErrMismatch) {
		t.Fatalf("err = %v", err)
	}
	list := "1 missing (" + lost + "), 1 mis-shaped (" + odd + " [5] instead of [4])"
	for _, want := range []string{from, list, "--strict=false (model.strict)"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %q", err, want)
		}
	}
	if exists(out) {
		t.Error("the run's folder was made")
	}

	j.must(t, append(settings, "model.strict=false"))
	text := j.log.String()
	if n := strings.Count(text, "initial weights: "); n != 1 || !strings.Contains(text, list+"; what is missing or mis-shaped starts at random") {
		t.Errorf("log %q", text)
	}
	o := j.options(t, append(settings, "model.strict=false"))
	w, err := initialWeights(t.Context(), o.Config, fixture.Classes(), o.Display.Log())
	if err != nil {
		t.Fatal(err)
	}
	o.Config.Model.Path = ""
	random, err := initialWeights(t.Context(), o.Config, fixture.Classes(), o.Display.Log())
	if err != nil {
		t.Fatal(err)
	}
	for name, fresh := range map[string]bool{lost: true, odd: true, "body.conv1.0.weight": false, "head.fc.weight": false} {
		_, got, _ := w.Get(name)
		if _, want, _ := random.Get(name); slices.Equal(got, want) != fresh {
			t.Errorf("%s is the random one: %v, want %v", name, !fresh, fresh)
		}
	}

	_, err = j.run(t, d.Settings(out+"2", "model.path="+from, "model.planes=12", "model.strict=false"))
	if !errors.Is(err, checkpoint.ErrMismatch) || !strings.Contains(err.Error(), "not one of its convolutions") || strings.Contains(err.Error(), "--strict") {
		t.Errorf("nothing fits: %v", err)
	}
}

// checkpointOf writes weights of the small model of the settings, after change of each tensor, which
// leaves out those it says false to.
func checkpointOf(t *testing.T, change func(checkpoint.Out) (checkpoint.Out, bool)) string {
	t.Helper()
	w, _, err := checkpoint.ReadModel(t.Context(), checkpointtest.Checkpoint(t, fixture.Classes(), nil))
	if err != nil {
		t.Fatal(err)
	}
	var outs []checkpoint.Out
	for _, o := range checkpoint.Tensors(w) {
		if o, keep := change(o); keep {
			outs = append(outs, o)
		}
	}
	path := filepath.Join(t.TempDir(), "changed.safetensors")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := checkpoint.WriteSafetensors(f, outs, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAccumulatedGradientsAreSums(t *testing.T) {
	// Batch norm sees each batch alone, so accumulated batches are not one larger batch: twice the same
	// batch has twice its gradient, and moves the running statistics twice.
	g := readGoldenRun(t)
	be := newCPU(t, 2)
	l := g.stepper(t, be)
	for _, p := range l.weights.Params() {
		l.sums = append(l.sums, make([]float32, len(p.Data)))
	}
	x, y := nhwc(goldenArray(t, "x")), goldenArray(t, "labels").I32
	b := &loader.Batch{N: 4, Pix: x[:4*64*64*3]}
	for _, v := range y[:32] {
		b.States = append(b.States, int8(v))
	}
	if _, err := l.learn(b, 0, 0); err != nil {
		t.Fatal(err)
	}
	var once [][]float32
	for _, g := range l.sums {
		once = append(once, slices.Clone(g))
	}
	if _, err := l.learn(b, 0, 1); err != nil {
		t.Fatal(err)
	}
	for i, p := range l.weights.Params() {
		for k, v := range l.sums[i] {
			if v != 2*once[i][k] {
				t.Fatalf("%s[%d] is %v, not twice %v", p.Name, k, v, once[i][k])
			}
		}
	}
	if n, _ := l.weights.Count("body.conv1.1.num_batches_tracked"); n != 2 {
		t.Errorf("%d batches tracked", n)
	}
}

func TestTheRunningPriorIsTheMeanScoreOfAllTrainingBatches(t *testing.T) {
	d, j, out := fixture.Make(t, 10, 5), newJob(t), t.TempDir()
	tr, err := newTrainer(context.Background(), j.options(t, d.Settings(out, "prior.method=training")))
	if err != nil {
		t.Fatal(err)
	}
	c := &collector{stepper: tr.stepper}
	tr.hooks = append(tr.hooks, c)
	if err := errors.Join(tr.loop(context.Background()), tr.close()); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(out, rundir.Prior))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 5 || c.rows != 20 {
		t.Fatalf("%q, %v; %d rows", rows, err, c.rows)
	}
	for i, class := range fixture.Classes() {
		got, err := strconv.ParseFloat(rows[i+1][1], 64)
		if want := c.sum[i] / 20; err != nil || rows[i+1][0] != class || math.Abs(got-want) > 1e-6 {
			t.Errorf("%q, want %s,%v", rows[i+1], class, want)
		}
	}
}

// collector sums the scores of each step's batch.
type collector struct {
	noHook
	stepper *stepper
	sum     [4]float64
	rows    int
}

func (c *collector) afterStep(*state, stepInfo) error {
	scores := slices.Clone(c.stepper.logits)
	predict.Sigmoid(scores, scores)
	for i, s := range scores {
		c.sum[i%4] += float64(s)
	}
	c.rows += len(scores) / 4
	return nil
}

func TestSelectiveModeAsksThePriorAndCountsWhatItDrops(t *testing.T) {
	d, j, out := fixture.Make(t, 8, 4), newJob(t), t.TempDir()
	path := fixture.Write(t, filepath.Join(t.TempDir(), "prior.csv"), "Classes,avg_pred\nred,0.9\ngreen,0.1\nblue,0.1\ndark,0.1\n")
	r := j.must(t, d.Settings(out, "prior.path="+path, "prior.threshold=0.5", "loss.topk=0", "schedule.epochs=1"))
	log, err := rundir.ReadLog(out)
	if err != nil {
		t.Fatal(err)
	}
	red, unknown := 0, 0 // of the training labels: cell (i, c) is unknown where i+c divides by 3
	for i := range 8 {
		for c := range 4 {
			if (i+c)%3 == 0 {
				unknown++
				if c == 0 {
					red++
				}
			}
		}
	}
	share := 0.0
	for _, s := range log.Steps {
		if s.DroppedTopK != 0 || s.Dropped != s.DroppedPrior {
			t.Errorf("step %+v", s)
		}
		share += s.DroppedPrior / 2
	}
	if r.Steps != 2 || math.Abs(share-float64(red)/float64(unknown)) > 0.2 {
		t.Errorf("%d steps dropped %v on average, want about %d of %d", r.Steps, share, red, unknown)
	}
	text := j.log.String()
	for _, want := range []string{
		"class prior file=" + path, "classes_above=1", "epoch 1/1: loss ", " an image: positive ", "of the unknown dropped: ", "top-K 0.0%", "img/s",
		"epoch 1/1: validation: mAP(C) ", "mAP(O) ", "average of weights: mAP(C) ", "best so far: ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the log lacks %q:\n%s", want, text)
		}
	}
}

func TestSettingsThatDoNotFitTheDataAreRefusedBeforeAnythingIsWritten(t *testing.T) {
	d, j := fixture.Make(t, 5, 2), newJob(t)
	other := fixture.Write(t, filepath.Join(t.TempDir(), "val.csv"), "image,label,value\n"+d.Images[5]+",purple,1\n")
	prior := fixture.Write(t, filepath.Join(t.TempDir(), "prior.csv"), "Classes,avg_pred\nred,0.5\n")
	for setting, want := range map[string]string{
		"model.num_classes=7":           "model.num_classes is 7, but the labels have 4 classes",
		"train.batch=4":                 "one value per channel", // the last batch has one image of 32x32
		"data.val.annotations=" + other: `class "purple" is not in the list of 4 classes`,
		"prior.path=" + prior:           "green",
		"data.val.root=/nowhere":        "/nowhere",
		"model.path=/nowhere":           "/nowhere",
	} {
		out := filepath.Join(t.TempDir(), "run")
		_, err := j.run(t, d.Settings(out, "train.batch=5", setting))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: err = %v", setting, err)
		}
		if exists(out) {
			t.Errorf("%s: the run's folder was made", setting)
		}
	}
}

func TestBrokenImagesAreNamedAndRemembered(t *testing.T) {
	d, j := fixture.Make(t, 10, 5), newJob(t)
	damage(t, filepath.Join(d.Dir, d.Images[2]))
	damage(t, filepath.Join(d.Dir, d.Images[11]))
	undisturbed, out := t.TempDir(), t.TempDir()
	_, err := j.run(t, d.Settings(t.TempDir()))
	if err == nil || !strings.Contains(err.Error(), d.Images[2]) {
		t.Errorf("without skip_broken: err = %v", err)
	}
	if r := j.must(t, d.Settings(undisturbed, "data.skip_broken=true")); r.Skipped != 2 {
		t.Errorf("result %+v", r)
	}
	list := fixture.Files(t, undisturbed)[rundir.Skipped]
	if lines := strings.Split(strings.TrimSpace(list), "\n"); len(lines) != 2 ||
		!strings.HasPrefix(lines[0], `train: image "p002.png": `) || !strings.HasPrefix(lines[1], `val: image "p011.png": `) {
		t.Errorf("list %q", list)
	}
	if err := j.interrupt(t, d.Settings(out, "data.skip_broken=true"), &canceller{steps: 6}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	j.resume = true
	if r := j.must(t, d.Settings(out, "data.skip_broken=true")); r.Skipped != 2 {
		t.Errorf("resumed: result %+v", r)
	}
	same(t, "resumed", lasting(t, out), lasting(t, undisturbed))
}

// damage cuts an image short behind its header, so that only loading it shows.
func damage(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fixture.Write(t, path, string(b[:len(b)/2]))
}
