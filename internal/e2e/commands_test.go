package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/fixture"
	"csl/internal/metric"
	"csl/internal/rundir"
)

func TestValidateScoresACheckpoint(t *testing.T) {
	d, out := fixture.Make(t, 10, 5), t.TempDir()
	o := csl(t, train(d.Settings(out))...).must(t)
	if !strings.Contains(o.stdout, "best     mAP(C) ") || !strings.Contains(o.stdout, "weights  "+filepath.Join(out, rundir.Best)) {
		t.Errorf("train printed\n%s", o.stdout)
	}
	args := []string{"validate", "--model_path", filepath.Join(out, rundir.Best), "--data", d.Dir, "--annotations", d.Val}
	var got metric.Report
	if err := json.Unmarshal([]byte(csl(t, append(args, "--format", "json")...).must(t).stdout), &got); err != nil {
		t.Fatal(err)
	}
	log, err := rundir.ReadLog(out)
	if err != nil {
		t.Fatal(err)
	}
	best := 0.0
	for _, v := range log.Validations {
		best = max(best, *v.Best)
	}
	if got.Images != 5 || got.Classes != 4 || got.MAPPartial == nil || *got.MAPPartial != best {
		t.Errorf("report %+v, the run's best was %v", got, best)
	}
	text := csl(t, args...).must(t).stdout
	for _, want := range []string{"5 images, 4 classes", "mAP per class", "score above 0.8", "dark"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
	scores := filepath.Join(t.TempDir(), "scores.csv")
	csl(t, append(args, "--save_scores", scores)...).must(t)
	var again metric.Report
	// The scores are labels, too: image,label,score,value.
	if err := json.Unmarshal([]byte(csl(t, "validate", "--model_path", filepath.Join(out, rundir.Best), "--data", d.Dir,
		"--annotations", scores, "--format", "json").must(t).stdout), &again); err != nil || *again.MAPPartial != best {
		t.Errorf("labels read back from the scores give %+v, %v", again, err)
	}
}

func TestWrongValidationsAreOneClearLine(t *testing.T) {
	d, out := fixture.Make(t, 10, 5), t.TempDir()
	csl(t, train(d.Settings(out, "schedule.epochs=1"))...).must(t)
	best := filepath.Join(out, rundir.Best)
	file := func(name, text string) string { return fixture.Write(t, filepath.Join(t.TempDir(), name), text) }
	for name, x := range map[string]struct {
		args  []string
		code  int
		parts []string
	}{
		"no checkpoint named": {[]string{"--data", d.Dir, "--annotations", d.Val}, 2, []string{"--model_path"}},
		"no data named":       {[]string{"--model_path", best}, 2, []string{"--data"}},
		"missing checkpoint":  {[]string{"--model_path", "/nowhere/m", "--data", d.Dir, "--annotations", d.Val}, 1, []string{"/nowhere/m"}},
		"missing labels":      {[]string{"--model_path", best, "--data", d.Dir, "--annotations", "/nowhere/v.csv"}, 1, []string{"/nowhere/v.csv"}},
		"no common class":     {[]string{"--model_path", best, "--data", d.Dir, "--annotations", file("v.csv", "image,label,value\np001.png,purple,1\n")}, 1, []string{"v.csv", "no image with a label is left"}},
		"wrong size":          {[]string{"--model_path", best, "--data", d.Dir, "--annotations", d.Val, "--image_size", "33"}, 2, []string{"33", "multiples of 4"}},
		"wrong threshold":     {[]string{"--model_path", best, "--data", d.Dir, "--annotations", d.Val, "--thre", "NaN"}, 2, []string{"--thre"}},
		"wrong format":        {[]string{"--model_path", best, "--data", d.Dir, "--annotations", d.Val, "--format", "xml"}, 2, []string{`--format "xml"`}},
		"scores into nowhere": {[]string{"--model_path", best, "--data", d.Dir, "--annotations", d.Val, "--save_scores", "/nowhere/s.csv"}, 1, []string{"/nowhere/s.csv", "missing"}},
	} {
		o := csl(t, append([]string{"validate", "--quiet"}, x.args...)...)
		t.Run(name, func(t *testing.T) { o.complains(t, x.code, x.parts...) })
		if o.stdout != "" {
			t.Errorf("%s: printed %q", name, o.stdout)
		}
	}
	if o := limitedOutput(t, "validate", "--model_path", best, "--data", d.Dir, "--annotations", d.Val); o != 1 {
		t.Errorf("standard output that takes nothing: exit code %d", o)
	}
}

// limitedOutput runs csl with a standard output that is closed for writing.
func limitedOutput(t *testing.T, args ...string) int {
	t.Helper()
	c := command(t, args...)
	f, err := os.Open(os.DevNull) // for reading
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c.Stdout = f
	_ = c.Run() // the code tells
	return c.ProcessState.ExitCode()
}

func TestEstimatePriorTrainsOrTakesACheckpoint(t *testing.T) {
	d, dir := fixture.Make(t, 10, 5), t.TempDir()
	settings := d.Settings(filepath.Join(dir, "run"))
	args := train(settings)
	args[0] = "estimate-prior"
	first, second := filepath.Join(dir, "a.csv"), filepath.Join(dir, "b.csv")
	o := csl(t, append(args, "--out", first, "--compare_with", d.Full)...).must(t)
	for _, want := range []string{
		"wrote " + first + ", from the ", "weights of step ", "prior of 4 classes", "> 0.5", "against full annotations", "count of positives", "true top 4",
	} {
		if !strings.Contains(o.stdout, want) {
			t.Errorf("printed\n%s\nwithout %q", o.stdout, want)
		}
	}
	run := filepath.Join(dir, "run", "prior")
	csl(t, "estimate-prior", "--model_path", filepath.Join(run, rundir.Best), "--data", d.Dir, "--annotations", d.Train, "--val_annotations", d.Val, "--out", second).must(t)
	files := fixture.Files(t, dir)
	if files["a.csv"] == "" || files["a.csv"] != files["b.csv"] || files["a.csv"] != files["run/prior/prior.csv"] {
		t.Errorf("priors\n%s\nand\n%s", files["a.csv"], files["b.csv"])
	}
	if !strings.HasPrefix(files["a.csv"], "Classes,avg_pred,low,high,mean_score,annotated\nred,") {
		t.Errorf("prior\n%s", files["a.csv"])
	}
	// The same folder is free for the run that uses the prior.
	csl(t, train(settings, "--prior_path", first, "--partial_loss_mode", "selective")...).must(t)
	csl(t, append(args, "--out", first)...).complains(t, 1, "holds a saved run")
	csl(t, append(args, "--out", first, "--resume")...).must(t)
	csl(t, append(args, "--model_path", "x", "--resume")...).complains(t, 2, "--model_path")
}
