package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/checkpoint/checkpointtest"
	"csl/internal/fixture"
	"csl/internal/rundir"
)

// lfsPointer is what a clone without git-lfs has in a file's place.
const lfsPointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"

// Labels of COCO's layout for one image.
const (
	cocoUnknownCategory = `{"images":[{"id":1,"file_name":"p000.png","width":32,"height":32}],
"annotations":[{"id":1,"image_id":1,"category_id":99}],"categories":[{"id":1,"name":"red"}]}`
	cocoEmpty = `{"images":[],"annotations":[],"categories":[]}`
)

func TestWrongInputsAreOneClearLineAndLeaveNothing(t *testing.T) {
	d := fixture.Make(t, 10, 5)
	file := func(name, text string) string { return fixture.Write(t, filepath.Join(t.TempDir(), name), text) }
	trained := t.TempDir()
	csl(t, train(d.Settings(trained, "schedule.epochs=1"))...).must(t)
	best := filepath.Join(trained, rundir.Best)
	small := fixture.Make(t, 5, 2)

	for name, x := range map[string]struct {
		settings []string
		args     []string
		code     int
		parts    []string
	}{
		"unknown key in a file":       {nil, []string{"--config", file("c.yaml", "loss:\n  topkk: 3\n")}, 2, []string{"line 2", `loss.topkk: is not a known key; did you mean "loss.topk"?`}},
		"unknown key in --set":        {[]string{"los.topk=3"}, nil, 2, []string{"los.topk: is not a known key"}},
		"size not a multiple of 4":    {[]string{"data.size=34"}, nil, 2, []string{"data.size", "34", "divisible by 4"}},
		"size too small":              {nil, []string{"--image_size", "28"}, 2, []string{"28", "at least 32"}},
		"no epochs":                   {nil, []string{"--epochs", "0"}, 2, []string{"0", "at least 1"}},
		"no data":                     {[]string{"data.train.root="}, nil, 2, []string{"data.train.root: is not set"}},
		"missing images":              {[]string{"data.train.root=/nowhere/images"}, nil, 1, []string{"/nowhere/images"}},
		"missing labels":              {[]string{"data.train.annotations=/nowhere/labels.csv"}, nil, 1, []string{"/nowhere/labels.csv"}},
		"missing config":              {nil, []string{"--config", "/nowhere/c.yaml"}, 1, []string{"/nowhere/c.yaml"}},
		"empty labels":                {[]string{"data.train.annotations=" + file("a.csv", "")}, nil, 1, []string{"a.csv", "empty"}},
		"empty JSON":                  {[]string{"data.train.annotations=" + file("a.json", cocoEmpty)}, nil, 1, []string{"a.json", `"categories" is empty`}},
		"JSON of nothing":             {[]string{"data.train.annotations=" + file("a.json", "{}")}, nil, 1, []string{"a.json"}},
		"cut JSON":                    {[]string{"data.train.annotations=" + file("a.json", cocoUnknownCategory[:60])}, nil, 1, []string{"a.json"}},
		"LFS pointer as labels":       {[]string{"data.train.annotations=" + file("a.json", lfsPointer)}, nil, 1, []string{"a.json", "git lfs pull"}},
		"category not in the list":    {[]string{"data.train.annotations=" + file("a.json", cocoUnknownCategory)}, nil, 1, []string{"a.json", "99"}},
		"wrong data_format":           {nil, []string{"--data_format", "coco"}, 1, []string{"train.csv", "csv"}},
		"image not there":             {[]string{"data.train.annotations=" + file("a.csv", "image,label,value\nnone.png,red,1\np001.png,red,0\n")}, nil, 1, []string{"none.png", "1 of 2 images", "--skip_broken"}},
		"other validation classes":    {[]string{"data.val.annotations=" + file("v.csv", "image,label,value\np001.png,purple,1\n")}, nil, 1, []string{"v.csv", `class "purple" is not in the list of 4 classes`}},
		"prior of other classes":      {[]string{"prior.path=" + file("p.csv", "Classes,avg_pred\nred,0.1\ngreen,0.1\nblue,0.2\n")}, nil, 1, []string{"p.csv", "dark"}},
		"prior with a class twice":    {[]string{"prior.path=" + file("p.csv", "Classes,avg_pred\nred,0.1\ngreen,0.1\nred,0.2\n")}, nil, 1, []string{"p.csv", "line 4", `"red"`}},
		"other number of classes":     {nil, []string{"--num_classes", "80"}, 1, []string{"model.num_classes is 80, but the labels have 4 classes"}},
		"checkpoint missing":          {nil, []string{"--model_path", "/nowhere/m.pth"}, 1, []string{"/nowhere/m.pth"}},
		"checkpoint of another model": {nil, []string{"--model_path", best, "--model_name", "tresnet_s"}, 1, []string{best, "does not fit"}},
		"no checkpoint at all":        {nil, []string{"--model_path", d.Train}, 1, []string{d.Train}},
		"LFS pointer as weights":      {nil, []string{"--model_path", file("m.pth", lfsPointer)}, 1, []string{"m.pth", "git lfs"}},
		"batches of one value":        {[]string{"train.batch=4", "data.train.annotations=" + small.Train, "data.train.root=" + small.Dir, "data.val.annotations=" + small.Val}, nil, 1, []string{"one image of 32x32", "no variance"}},
		"resume of nothing":           {nil, []string{"--resume", "/nowhere/run"}, 1, []string{"/nowhere/run", "not a run directory"}},
		"resume last of nothing":      {nil, []string{"--resume", "last"}, 1, []string{"not a run directory"}},
		"a saved run":                 {[]string{"train.out=" + trained}, nil, 1, []string{"holds a saved run", "--resume"}},
		"other settings of a run":     {nil, []string{"--resume", trained, "--lr", "1"}, 1, []string{"optimizer.lr was 0.01, not 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "run")
			csl(t, train(d.Settings(out, x.settings...), append(x.args, "--quiet")...)...).complains(t, x.code, x.parts...)
			if exists(out) {
				t.Errorf("the run's folder was made: %v", fixture.Files(t, out))
			}
		})
	}
}

func TestFineTuningTakesAnotherBackboneOnlyIfNotStrict(t *testing.T) {
	d := fixture.Make(t, 10, 5)
	from, out := checkpointtest.Checkpoint(t, fixture.Classes()[:3], nil), filepath.Join(t.TempDir(), "run")
	const head = "has a head for 3 classes, the data has 4: the head is replaced by a new one, which starts at random"
	o := csl(t, train(d.Settings(filepath.Join(t.TempDir(), "fits"), "schedule.epochs=1"), "--model_path", from)...).must(t)
	if !strings.Contains(o.stderr, head) || strings.Contains(o.stderr, "missing") {
		t.Errorf("stderr:\n%s", o.stderr)
	}

	args := train(d.Settings(out, "schedule.epochs=1", "model.stages=[2,1,1,1]"), "--model_path", from)
	csl(t, args...).complains(t, 1, from, "14 missing (body.layer1.1.conv1.0.weight, ", ", ...)", "--strict=false")
	if exists(out) {
		t.Errorf("the run's folder was made: %v", fixture.Files(t, out))
	}
	o = csl(t, append(args, "--strict=false")...).must(t)
	if !strings.Contains(o.stderr, head) || !strings.Contains(o.stderr, "14 missing (body.layer1.1.conv1.0.weight, ") {
		t.Errorf("stderr:\n%s", o.stderr)
	}
	if text := fixture.Files(t, out)["config.yaml"]; !strings.Contains(text, "strict: false") {
		t.Errorf("settings of the run:\n%s", text)
	}
}

func TestAnUnwritableFolderIsOneClearLine(t *testing.T) {
	d := fixture.Make(t, 10, 5)
	occupied := fixture.Write(t, filepath.Join(t.TempDir(), "run"), "a file")
	csl(t, train(d.Settings(occupied))...).complains(t, 1, occupied)
	csl(t, train(d.Settings(filepath.Join(occupied, "deeper")))...).complains(t, 1, occupied)
	if text, err := os.ReadFile(occupied); err != nil || string(text) != "a file" {
		t.Errorf("the file is %q, %v", text, err)
	}
}

func TestABrokenImageStopsOrIsNamed(t *testing.T) {
	d, out := fixture.Make(t, 10, 5), filepath.Join(t.TempDir(), "run")
	fixture.Write(t, filepath.Join(d.Dir, d.Images[3]), "no image")
	csl(t, train(d.Settings(out))...).complains(t, 1, "1 of 10 images", d.Images[3], "--skip_broken")
	if exists(out) {
		t.Error("the run's folder was made")
	}
	// With 9 images left, a batch of 3.
	o := csl(t, train(d.Settings(out), "--skip_broken", "--batch_size", "3")...)
	o.complains(t, 3, "1 image skipped", filepath.Join(out, rundir.Skipped))
	if text, err := os.ReadFile(filepath.Join(out, rundir.Skipped)); err != nil || !strings.Contains(string(text), "train: image \"p003.png\": ") {
		t.Errorf("list %q, %v", text, err)
	}
	if !strings.Contains(o.stderr, d.Images[3]) || !exists(filepath.Join(out, rundir.Best)) {
		t.Errorf("stderr:\n%s", o.stderr)
	}
}

func TestALossThatIsNoNumberIsOneClearLine(t *testing.T) {
	d, out := fixture.Make(t, 10, 5), filepath.Join(t.TempDir(), "run")
	csl(t, train(d.Settings(out, "train.save_every=1"), "--lr", "1e30")...).complains(t, 1,
		"loss is not a finite number at step 2", "body.", "nothing had been saved yet", "optimizer.lr")
	if exists(filepath.Join(out, rundir.Best)) {
		t.Error("best weights were written")
	}
	csl(t, train(d.Settings(out))...).must(t) // the folder is free for another try
}
