package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// logitsBy are the results of csl infer with a model on the fixture's images, as JSON with logits.
func logitsBy(t *testing.T, model string, args ...string) (out, warnings string) {
	t.Helper()
	code, out, stderr := csl(t, append([]string{"infer", "--model_path", model, "--threshold", "0", "--format", "json", "--logits"}, args...)...)
	if code != exitOK {
		t.Fatalf("infer %v: code %d, %s", args, code, stderr)
	}
	return out, stderr
}

func TestAPackedFileGivesTheSameLogits(t *testing.T) {
	from, dir := tinyModel(), album(t)
	good := []string{"--images", filepath.Join(dir, "a.png"), "--images", filepath.Join(dir, "b.jpg"), "--images", filepath.Join(dir, "sub")}
	path := exported(t, from, "m.packed", "--image_size", "64")
	for _, size := range [][]string{{"--image_size", "64"}, {"--image_size", "64", "--batch_size", "1"}, {"--image_size", "64x96"}} {
		args := append(size, good...)
		want, _ := logitsBy(t, from, args...)
		got, warnings := logitsBy(t, path, args...)
		if got != want || strings.Contains(warnings, "packed") {
			t.Errorf("%v: warnings %q, logits\n%s\nwant\n%s", args, warnings, got, want)
		}
	}
	set, err := chooseKernels()
	if err != nil {
		t.Fatal(err)
	}
	fastest := set.Name()
	t.Setenv(kernelsVariable, "portable")
	want, _ := logitsBy(t, from, append(good, "--image_size", "64")...)
	got, warnings := logitsBy(t, path, append(good, "--image_size", "64")...)
	if got != want || strings.Contains(warnings, "not for portable kernels of csl") != (fastest != "portable") {
		t.Errorf("other kernels: warnings %q, equal %v", warnings, got == want)
	}
}

func TestAPackedFileSaysWhatItIsFor(t *testing.T) {
	path := exported(t, tinyModel(), "m.packed", "--image_size", "64x96", "--batch_size", "2")
	_, out, _ := csl(t, "info", path, "--format", "json")
	var got checkpointInfo
	if err := json.Unmarshal([]byte(out), &got); err != nil || got.Packed == nil || got.Packed.Batch != 2 || got.Packed.Width != 96 || got.Input == nil || got.Input.Width != 96 {
		t.Errorf("%v: %s", err, out)
	}
	if _, out, _ := csl(t, "info", path); !strings.Contains(out, "for 2 images of 64x96 pixels, ") {
		t.Errorf("%s", out)
	}
	back := exported(t, path, "back.pth")
	if _, out, _ := csl(t, "info", back); strings.Contains(out, "packed") {
		t.Errorf("%s", out)
	}
}

func TestADamagedPackedFileIsOneClearLine(t *testing.T) {
	path := exported(t, tinyModel(), "m.packed", "--image_size", "64")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for what, damaged := range map[string][]byte{
		"is damaged: its CRC-32": append(append([]byte{}, content[:len(content)/8]...), append([]byte{^content[len(content)/8]}, content[len(content)/8+1:]...)...),
		"the file is cut off":    content[:len(content)/2],
	} {
		bad := filepath.Join(t.TempDir(), "bad.packed")
		if err := os.WriteFile(bad, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, stderr := csl(t, "infer", "--model_path", bad, "--images", album(t))
		if code != exitFailure || out != "" || !strings.Contains(stderr, what) {
			t.Errorf("%s: code %d, stdout %q, stderr %q", what, code, out, stderr)
		}
	}
}
