//go:build long

package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/fixture"
	"csl/internal/metric"
	"csl/internal/rundir"
)

// shared is the folder of real data: CSL_SHARED, or the one beside the repository.
func shared(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("CSL_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		_, err = os.Stat(filepath.Join(dir, "data"))
	}
	if err != nil {
		t.Fatalf("CSL_SHARED must name the folder of real data: %v", err)
	}
	return dir
}

// firstRows copies a CSV of labels up to a number of images.
func firstRows(t *testing.T, from string, images int) string {
	t.Helper()
	f, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b strings.Builder
	seen, last := -1, "" // the header counts for none
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		image, _, _ := strings.Cut(lines.Text(), ",")
		if image != last {
			seen, last = seen+1, image
		}
		if seen > images {
			break
		}
		b.WriteString(lines.Text() + "\n")
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return fixture.Write(t, filepath.Join(t.TempDir(), filepath.Base(from)), b.String())
}

// firstImages copies a COCO file up to a number of images.
func firstImages(t *testing.T, from string, images int) string {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Images      []map[string]any `json:"images"`
		Annotations []map[string]any `json:"annotations"`
		Categories  []map[string]any `json:"categories"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	file.Images = file.Images[:images]
	ids := map[any]bool{}
	for _, image := range file.Images {
		ids[image["id"]] = true
	}
	all := file.Annotations
	file.Annotations = nil
	for _, a := range all {
		if ids[a["image_id"]] {
			file.Annotations = append(file.Annotations, a)
		}
	}
	if text, err = json.Marshal(file); err != nil {
		t.Fatal(err)
	}
	return fixture.Write(t, filepath.Join(t.TempDir(), filepath.Base(from)), string(text))
}

// inFolder runs csl in a folder.
func inFolder(t *testing.T, dir string, args ...string) outcome {
	t.Helper()
	c := command(t, args...)
	c.Dir = dir
	o := finish(t, c)
	if o.code != 0 {
		t.Fatalf("csl %s: exit code %d:\n%s", strings.Join(args, " "), o.code, o.stderr)
	}
	t.Logf("csl %s:\n%s%s", strings.Join(args, " "), o.stderr, o.stdout)
	return o
}

func TestFashion9kTrainsInAllModesFromItsConfigurations(t *testing.T) {
	data := filepath.Join(shared(t), "data", "fashion9k")
	configs, err := filepath.Abs(filepath.Join("..", "..", "configs"))
	if err != nil {
		t.Fatal(err)
	}
	partial := filepath.Join(data, "partial_openimages_style")
	const images, scored = 256, 64 // four steps
	for family, labels := range map[string][2]string{
		"oi": {
			firstRows(t, filepath.Join(partial, "train-annotations-human-imagelabels.csv"), images),
			firstRows(t, filepath.Join(partial, "validation-annotations-human-imagelabels.csv"), scored),
		},
		"fpc200": {firstImages(t, filepath.Join(data, "train.json"), images), firstImages(t, filepath.Join(data, "val.json"), scored)},
	} {
		dir := t.TempDir()
		common := []string{
			"--data", filepath.Join(data, "images.tar"), "--annotations", labels[0], "--set", "data.val.annotations=" + labels[1],
			"--set", "data.class_descriptions=" + map[string]string{"oi": filepath.Join(partial, "class-descriptions.csv")}[family],
		}
		name := "fashion9k_" + family
		for _, mode := range []string{"ignore", "negative", "selective"} {
			args := append([]string{"train", "--config", filepath.Join(configs, name+"_"+mode+".yaml"), "--epochs", "1"}, common...)
			if mode == "selective" {
				best := filepath.Join("runs", name+"_ignore", rundir.Best)
				inFolder(t, dir, "estimate-prior", "--model_path", best, "--data", filepath.Join(data, "images.tar"),
					"--annotations", labels[0], "--out", filepath.Join("runs", name+"_prior.csv"))
			}
			inFolder(t, dir, args...)
			log, err := rundir.ReadLog(filepath.Join(dir, "runs", name+"_"+mode))
			if err != nil || len(log.Validations) != 1 || log.Validations[0].Regular.MAPPartial == nil {
				t.Fatalf("%s %s: %+v, %v", family, mode, log, err)
			}
			if s := log.Steps[len(log.Steps)-1]; s.Step != 4 || s.Loss <= 0 || mode == "selective" && s.DroppedTopK <= 0 {
				t.Errorf("%s %s: %+v", family, mode, s)
			}
		}
	}
}

func TestCocoMiniGoesThroughTrainValidateAndInfer(t *testing.T) {
	data := filepath.Join(shared(t), "data", "coco_mini")
	dir := t.TempDir()
	images := filepath.Join(data, "images")
	inFolder(t, dir, "train", "--model_name", "tresnet_m", "--image_size", "224", "--batch_size", "4", "--epochs", "1",
		"--data", images, "--annotations", firstImages(t, filepath.Join(data, "train.json"), 10),
		"--set", "data.val.annotations="+firstImages(t, filepath.Join(data, "val.json"), 6), "--partial_loss_mode", "selective", "--out", "run")
	o := inFolder(t, dir, "validate", "--model_path", filepath.Join("run", rundir.Best), "--data", images,
		"--annotations", firstImages(t, filepath.Join(data, "val.json"), 6), "--batch_size", "4", "--format", "json")
	var r metric.Report
	if err := json.NewDecoder(strings.NewReader(o.stdout)).Decode(&r); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	log, err := rundir.ReadLog(filepath.Join(dir, "run"))
	if err != nil || r.MAPPartial == nil || *r.MAPPartial != *log.Validations[0].Best || len(log.Steps) == 0 {
		t.Errorf("report %+v, log %+v, %v", r, log, err)
	}
	o = inFolder(t, dir, "infer", "--model_path", filepath.Join("run", rundir.Best), "--pic_path", filepath.Join(images, "val2017"),
		"--th", "0", "--top_k", "3", "--format", "json")
	lines := strings.Split(strings.TrimSpace(o.stdout), "\n")
	if len(lines) != 79 {
		t.Errorf("%d results for 79 images", len(lines))
	}
	for _, line := range lines {
		var r struct {
			Image       string
			Predictions []struct {
				Class string
				Score float64
			}
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil || len(r.Predictions) != 3 || r.Predictions[0].Class == "" {
			t.Errorf("%s: %v", line, err)
		}
	}
}
