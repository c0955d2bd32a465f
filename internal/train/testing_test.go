package train

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/dataset"
	"csl/internal/fixture"
	"csl/internal/modelfile"
	"csl/internal/npy"
	"csl/internal/rundir"
	"csl/internal/validate"
)

// withTest are settings whose test split is half of the validation images.
func withTest(t *testing.T, d fixture.Data) (settings func(out string, more ...string) []string, test string) {
	t.Helper()
	text, err := os.ReadFile(d.Val)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	half := 1 + (len(lines)-1)/8*4 // four rows an image
	val := fixture.Write(t, filepath.Join(d.Dir, "chosen.csv"), strings.Join(lines[:half], ""))
	test = fixture.Write(t, filepath.Join(d.Dir, "test.csv"), lines[0]+strings.Join(lines[half:], ""))
	return func(out string, more ...string) []string {
		return d.Settings(out, append([]string{"data.val.annotations=" + val, "data.test.annotations=" + test}, more...)...)
	}, test
}

func TestTheTestSplitIsScoredOnceWithTheBestWeights(t *testing.T) {
	d, j, out := fixture.Make(t, 10, 12), newJob(t), t.TempDir()
	settings, test := withTest(t, d)
	r := j.must(t, settings(out))
	if r.Tested == nil || r.Tested.Images != 6 || r.Tested.Data.Annotations != test {
		t.Fatalf("tested %+v", r.Tested)
	}
	o := j.options(t, settings(out))
	data := o.Config.Data
	data.Val = data.Test
	acc, err := validate.Run(context.Background(), validate.Options{
		Model: modelfile.Options{Path: out}, Data: dataset.FromConfig(data, dataset.Val), Batch: 3, Backend: j.be, Display: o.Display, FS: j.fs,
	})
	if err != nil || *acc.Report.MAPPartial != *r.Tested.MAPPartial || *acc.Report.MAPO != *r.Tested.MAPO {
		t.Errorf("csl validate gives %+v (%v), the run %+v", acc.Report, err, r.Tested.Report)
	}
	a, err := npy.ReadFile(filepath.Join(out, rundir.TestScores))
	if err != nil || len(a.F32) != 24 || a.Shape[0] != 6 {
		t.Errorf("scores %v, %v", a, err)
	}
	files := lasting(t, out)
	j.resume = true
	before := modified(t, filepath.Join(out, rundir.Test))
	again := j.must(t, settings(out))
	if modified(t, filepath.Join(out, rundir.Test)) != before || *again.Tested.MAPO != *r.Tested.MAPO {
		t.Error("a run that was complete was tested again")
	}
	if err := os.Remove(filepath.Join(out, rundir.Test)); err != nil { // as if it had been killed before
		t.Fatal(err)
	}
	j.must(t, settings(out))
	same(t, "tested after a kill", lasting(t, out), files)
}

func modified(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime().String()
}

func TestTheTestSplitChangesNothingElse(t *testing.T) {
	d, j, with, without := fixture.Make(t, 10, 12), newJob(t), t.TempDir(), t.TempDir()
	settings, _ := withTest(t, d)
	j.must(t, settings(with))
	j.must(t, settings(without, "data.test.annotations="))
	a, b := fixture.Files(t, with), fixture.Files(t, without)
	if a[rundir.Metrics] != b[rundir.Metrics] || a[rundir.Test] == "" || b[rundir.Test] != "" {
		t.Errorf("metrics\n%s\nwant\n%s", a[rundir.Metrics], b[rundir.Metrics])
	}
}

func TestWhatIsWrongWithTheTestSplitIsSaidBeforeTheTraining(t *testing.T) {
	d, j, out := fixture.Make(t, 10, 12), newJob(t), filepath.Join(t.TempDir(), "run")
	missing := fixture.Write(t, filepath.Join(d.Dir, "missing.csv"), "image,label,value\nnone.png,red,1\n")
	_, err := j.run(t, d.Settings(out, "data.test.annotations="+missing))
	if err == nil || !strings.Contains(err.Error(), "none.png") || exists(out) {
		t.Errorf("err = %v", err)
	}
	j.must(t, d.Settings(out, "data.test.annotations="+d.Val))
	if !bytes.Contains(j.log.Bytes(), []byte("12 of 12 test images are also validation images")) {
		t.Errorf("%s", j.log.String())
	}
	settings, _ := withTest(t, d)
	other := t.TempDir()
	j.must(t, settings(other))
	fixture.Write(t, filepath.Join(d.Dir, "test.csv"), "image,label,value\np020.png,red,1\np021.png,red,0\n")
	j.resume = true
	if _, err := j.run(t, settings(other)); err == nil || !strings.Contains(err.Error(), "test: ") {
		t.Errorf("resumed with other test labels: err = %v", err)
	}
}
