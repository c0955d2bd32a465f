package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/safefile"
)

// oldRun is a copy of the folder that testdata/oldrun/README.md describes.
func oldRun(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "oldrun"))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// portableIn runs csl with portable kernels, whose numbers do not depend on the processor.
func portableIn(t *testing.T, dir string, args ...string) outcome {
	t.Helper()
	c := command(t, args...)
	c.Dir, c.Env = dir, append(c.Env, "CSL_KERNELS=portable")
	return finish(t, c)
}

func TestARunOfAnOlderVersionResumesToTheSameEnd(t *testing.T) {
	dir := oldRun(t)
	portableIn(t, dir, "train", "--resume", "run").must(t)
	for _, name := range []string{"metrics.jsonl", "prior.csv"} {
		if got, want := readFile(t, dir, "run", name), readFile(t, dir, "end", name); got != want {
			t.Errorf("%s differs:\n%s\nwant\n%s", name, got, want)
		}
	}
	last, err := safefile.LoadLast(filepath.Join(dir, "run"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(readFile(t, dir, "end", "sums.txt")) {
		want, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		if name == "best.safetensors" { // the best was scored before the interruption
			if sum := sha256.Sum256([]byte(readFile(t, dir, "run", name))); hex.EncodeToString(sum[:]) != want {
				t.Errorf("%s: other bytes", name)
			}
			continue
		}
		if got := last.Files[name].SHA256; got != want {
			t.Errorf("%s: SHA-256 %s, want %s", name, got, want)
		}
	}
}

func TestCheckpointsAndPriorsOfAnOlderVersionAreRead(t *testing.T) {
	dir := oldRun(t)
	best := filepath.Join("run", "best.safetensors")
	o := portableIn(t, dir, "validate", "--model_path", best, "--data", "images", "--annotations", "val.csv").must(t)
	if !strings.Contains(o.stdout, "98.33") { // as while training
		t.Errorf("scores\n%s", o.stdout)
	}
	portableIn(t, dir, "train", "--set", "model.name=tresnet_tiny", "--set", "model.planes=4", "--model_path", best,
		"--data", "images", "--annotations", "train.csv", "--image_size", "32", "--batch_size", "4", "--epochs", "1",
		"--partial_loss_mode", "selective", "--prior_path", filepath.Join("end", "prior.csv"), "--out", "tuned").must(t)
	if o := portableIn(t, dir, "infer", "--model_path", best, "--threshold", "0", "--images", "images"); o.code != 0 || !strings.Contains(o.stdout, "red") {
		t.Errorf("tags\n%s%s", o.stdout, o.stderr)
	}
}

func readFile(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
