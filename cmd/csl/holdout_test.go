package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A run that held validation images out can be scored again for its page: the same images are held out.
func TestTheReportOfARunThatHeldImagesOutHasItsClasses(t *testing.T) {
	dir := t.TempDir()
	photos, run, page := filepath.Join(dir, "photos"), filepath.Join(dir, "run"), filepath.Join(dir, "page.html")
	if code, _, err := csl(t, "data", "synth", "--out", photos, "--train", "24", "--val", "4", "--size", "32"); code != exitOK {
		t.Fatal(err)
	}
	if code, _, err := csl(t, "train", "--data", filepath.Join(photos, "train2014"),
		"--annotations", filepath.Join(photos, "annotations", "instances_train2014.json"), "--val_split", "0.25",
		"--model_name", "tresnet_tiny", "--image_size", "32", "--batch_size", "6", "--epochs", "1", "--out", run); code != exitOK {
		t.Fatal(err)
	}
	code, _, err := csl(t, "report", run, "--out", page)
	if code != exitOK || strings.Contains(err, "warning") {
		t.Errorf("code %d: %s", code, err)
	}
	text, readErr := os.ReadFile(page)
	if readErr != nil || !strings.Contains(string(text), `<section id="images">`) {
		t.Errorf("%v; the page shows no validation images", readErr)
	}
}
