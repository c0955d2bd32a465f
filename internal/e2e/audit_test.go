package e2e

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/audit"
	"csl/internal/audit/list"
	"csl/internal/fixture"
	"csl/internal/labels"
	"csl/internal/rundir"
)

func TestAuditListsCellsOfAModelAndOfFolds(t *testing.T) {
	d, dir := fixture.Make(t, 12, 5), t.TempDir()
	run := filepath.Join(dir, "run")
	csl(t, train(d.Settings(run))...).must(t)
	out := filepath.Join(dir, "audit.csv")
	o := csl(t, "audit", "--model_path", run, "--data", d.Dir, "--annotations", d.Train, "--compare_with", d.Full, "--out", out, "--limit", "12").must(t)
	for _, want := range []string{"wrote " + out + ": 12 cells", "may have learned these labels", "measured on the audited labels", "precision"} {
		if !strings.Contains(o.stdout, want) {
			t.Errorf("the page lacks %q:\n%s", want, o.stdout)
		}
	}
	cells, err := list.Read(t.Context(), out, "")
	if err != nil || len(cells) != 12 || cells[0].Reason != list.LikelyPresent || cells[1].Reason != list.LikelyWrong {
		t.Errorf("%+v, %v", cells, err)
	}

	args := []string{"audit", "--folds", "2", "--config", filepath.Join(run, rundir.Config), "--run_dir", filepath.Join(dir, "folds"), "--out", out, "--format", "json"}
	var r audit.Result
	if err := json.Unmarshal([]byte(csl(t, args...).must(t).stdout), &r); err != nil || r.Folds != 2 || r.Measured != audit.OnValidation || r.Images != 12 {
		t.Errorf("%+v, %v", r, err)
	}
	if o := csl(t, args...); o.code != 1 || !strings.Contains(o.stderr, "--resume") {
		t.Errorf("a second time: %+v", o)
	}
	csl(t, append(args, "--resume")...).must(t)

	for _, to := range []string{"labelstudio", "cvat"} {
		tasks := filepath.Join(dir, to)
		csl(t, "audit", "--model_path", run, "--data", d.Dir, "--annotations", d.Train, "--to", to, "--out", tasks).must(t)
		if to == "cvat" {
			if set, _, err := labels.Open(t.Context(), labels.Options{Path: tasks}); err != nil || set.Len() != 12 || set.NumClasses() != 4 {
				t.Errorf("%v, %v", set, err)
			}
		}
	}
}

func TestAuditRefusesWhatItCannotDo(t *testing.T) {
	d, out := fixture.Make(t, 6, 3), filepath.Join(t.TempDir(), "audit.csv")
	base := []string{"audit", "--data", d.Dir, "--annotations", d.Train, "--out", out}
	for name, x := range map[string]struct {
		args []string
		code int
		want string
	}{
		"nothing to judge by":    {nil, 2, "give one of --model_path, --folds and --scores"},
		"two things to judge by": {[]string{"--model_path", "m", "--scores", "s"}, 2, "give one of"},
		"one fold":               {[]string{"--folds", "1"}, 2, "--folds 1"},
		"unknown strategy":       {[]string{"--scores", "s", "--strategy", "best"}, 2, `--strategy "best"`},
		"no cells":               {[]string{"--scores", "s", "--limit", "0"}, 2, "--limit 0"},
		"unknown format":         {[]string{"--scores", "s", "--to", "xml"}, 2, `--to "xml"`},
		"resume without folds":   {[]string{"--scores", "s", "--resume"}, 2, "--resume"},
		"no model":               {[]string{"--model_path", "/nowhere/m"}, 1, "/nowhere/m"},
		"the labels as output":   {[]string{"--scores", "s", "--out", d.Train}, 2, "the command reads this file"},
		"the truth as output":    {[]string{"--scores", "s", "--compare_with", d.Full, "--out", d.Full}, 2, "the command reads this file"},
		"a folder as output":     {[]string{"--scores", "s", "--out", d.Dir}, 1, `": is a folder`},
		"more folds than images": {[]string{"--folds", "7", "--run_dir", filepath.Join(filepath.Dir(out), "folds")}, 1, "6 images cannot be cut into 7 folds"},
	} {
		o := csl(t, append(base[:len(base):len(base)], x.args...)...)
		if o.code != x.code || !strings.Contains(o.stderr, x.want) || strings.Count(strings.TrimSpace(o.stderr), "\n") > 3 {
			t.Errorf("%s: exit code %d, %s", name, o.code, o.stderr)
		}
	}
}
