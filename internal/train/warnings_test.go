package train

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"csl/internal/fixture"
	"csl/internal/rundir"
)

// valLabels writes validation labels: value of each cell of three images.
func valLabels(t *testing.T, d fixture.Data, value string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("image,label,value\n")
	for _, name := range d.Images[10:13] {
		for _, class := range fixture.Classes() {
			b.WriteString(name + "," + class + "," + value + "\n")
		}
	}
	return fixture.Write(t, filepath.Join(t.TempDir(), "val.csv"), b.String())
}

func TestAnUndefinedMonitorIsSaidBeforeTrainingAndTheFinalWeightsAreKept(t *testing.T) {
	d := fixture.Make(t, 10, 5)
	for value, want := range map[string]string{"0": "have no positive one", "1": "have no negative one"} {
		j, out := newJob(t), filepath.Join(t.TempDir(), "run")
		r := j.must(t, append(d.Settings(out), "data.val.annotations="+valLabels(t, d, value)))
		log := j.log.String()
		warning, first := strings.Index(log, want), strings.Index(log, "epoch 1/")
		if warning < 0 || warning > first {
			t.Errorf("labels of %s: log %q", value, log)
		}
		if r.Best != nil || r.Source == "" || !strings.Contains(log, "the final weights are kept") {
			t.Errorf("labels of %s: %+v; log %s", value, r, log)
		}
		if _, err := os.Stat(filepath.Join(out, rundir.Best)); err != nil {
			t.Error(err)
		}
		note := map[string]string{"0": "no annotated positive", "1": "no annotated negative"}[value]
		for what, text := range map[string]string{"log": log, rundir.Metrics: fixture.Files(t, out)[rundir.Metrics]} {
			if !strings.Contains(text, note) {
				t.Errorf("labels of %s: %s does not say %q", value, what, note)
			}
		}
	}
}

func TestAPartOfTheTrainingImagesCanBeHeldOut(t *testing.T) {
	d, out := fixture.Make(t, 20, 5), filepath.Join(t.TempDir(), "run")
	var settings []string
	for _, s := range d.Settings(out) {
		if !strings.HasPrefix(s, "data.val.") {
			settings = append(settings, s)
		}
	}
	j := newJob(t)
	r := j.must(t, append(settings, "data.val.split=0.25", "data.train.annotations="+d.Full))
	if r.Best == nil {
		t.Errorf("not scored: %s", j.log.String())
	}
	if text := fixture.Files(t, out)["last"]; !strings.Contains(j.log.String(), "validation: mAP(C)") || text == "" {
		t.Errorf("log %s", j.log.String())
	}
}

func TestWarningsBeforeTraining(t *testing.T) {
	d := fixture.Make(t, 10, 5)
	for want, settings := range map[string][]string{
		"unknown labels apart, but the training labels have none": {"loss.mode=ignore", "data.train.annotations=" + d.Full},
		"does not use a prior":                  {"loss.mode=negative", "prior.path=" + fixture.Write(t, filepath.Join(t.TempDir(), "p.csv"), "Classes,avg_pred\nred,.1\ngreen,.1\nblue,.1\ndark,.1\n")},
		"drops nearly all unknown labels":       {"loss.mode=selective", "loss.topk=4"},
		"4 of 4 classes have no negative label": {"loss.mode=ignore", "data.train.annotations=" + onlyPositives(t, d)},
	} {
		j := newJob(t)
		j.must(t, append(d.Settings(filepath.Join(t.TempDir(), "run")), settings...))
		if !strings.Contains(j.log.String(), want) {
			t.Errorf("%v: log lacks %q: %s", settings, want, j.log.String())
		}
	}
}

func onlyPositives(t *testing.T, d fixture.Data) string {
	t.Helper()
	text, err := os.ReadFile(d.Train)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasSuffix(line, ",0\n") {
			kept = append(kept, line)
		}
	}
	return fixture.Write(t, filepath.Join(t.TempDir(), "positives.csv"), strings.Join(kept, ""))
}

func TestARunDoesNotGoOnWithOtherData(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, d fixture.Data)
		want   string
	}{
		"labels": {func(t *testing.T, d fixture.Data) {
			swap(t, d.Train, ",1\n", ",0\n")
		}, "train: labels"},
		"validation labels": {func(t *testing.T, d fixture.Data) {
			swap(t, d.Val, ",1\n", ",0\n")
		}, "val: labels"},
		"class names": {func(t *testing.T, d fixture.Data) {
			swap(t, d.Train, ",red,", ",ruby,")
			swap(t, d.Val, ",red,", ",ruby,")
		}, "train: the names of classes"},
		"an image": {func(t *testing.T, d fixture.Data) {
			past := time.Now().Add(-time.Hour)
			if err := os.Chtimes(filepath.Join(d.Dir, d.Images[0]), past, past); err != nil {
				t.Fatal(err)
			}
		}, "image files"},
	} {
		d, j, out := fixture.Make(t, 10, 5), newJob(t), filepath.Join(t.TempDir(), "run")
		if err := j.interrupt(t, d.Settings(out), &canceller{steps: 3}); err == nil {
			t.Fatal("not interrupted")
		}
		c.change(t, d)
		j.resume, j.ctx = true, context.Background()
		if _, err := j.run(t, d.Settings(out)); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "--force_resume") {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
			continue
		}
		o := j.options(t, d.Settings(out))
		o.ForceResume = true
		if _, err := Run(context.Background(), o); err != nil || !strings.Contains(j.log.String(), c.want) {
			t.Errorf("%s, forced: %v; log %s", name, err, j.log.String())
		}
	}
}

func TestTheContentThatCachesKnowDecidesNotTheTimes(t *testing.T) {
	d, j, out := fixture.Make(t, 10, 5), newJob(t), filepath.Join(t.TempDir(), "run")
	settings := d.Settings(out, "data.cache="+filepath.Join(t.TempDir(), "cache"))
	if err := j.interrupt(t, settings, &canceller{steps: 3}); err == nil {
		t.Fatal("not interrupted")
	}
	past := time.Now().Add(-time.Hour)
	for _, name := range d.Images {
		if err := os.Chtimes(filepath.Join(d.Dir, name), past, past); err != nil {
			t.Fatal(err)
		}
	}
	j.resume, j.ctx = true, context.Background()
	j.must(t, settings)
}

// swap replaces the first of a text in a file.
func swap(t *testing.T, path, old, now string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := 1
	if strings.HasPrefix(old, ",red") {
		n = -1
	}
	fixture.Write(t, path, strings.Replace(string(text), old, now, n))
}
