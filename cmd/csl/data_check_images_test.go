package main

import (
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"csl/internal/labels"
)

// patches is an image of w x h with some structure, the same for the same kind.
func patches(w, h, kind int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := uint8((x*9/w*(37+kind*50) + y*8/h*(91+kind*29)) % 251)
			img.SetRGBA(x, y, color.RGBA{v, v, v / 2, 255})
		}
	}
	return img
}

func drawFile(t *testing.T, path string, encode func(io.Writer) error) {
	t.Helper()
	f, err := os.Create(path)
	if err == nil {
		err = encode(f)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func findings(t *testing.T, args ...string) map[string][]string {
	t.Helper()
	code, out, stderr := csl(t, append([]string{"data", "check", "--format", "json"}, args...)...)
	var got struct{ Findings []finding }
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitSkipped {
		t.Fatalf("code %d, %v, stderr %q", code, err, stderr)
	}
	found := map[string][]string{}
	for _, f := range got.Findings {
		found[f.Kind] = append(found[f.Kind], f.Name)
	}
	return found
}

func TestDataCheckFindsNearDuplicatesAndUnusualSizes(t *testing.T) {
	dir := t.TempDir()
	for name, img := range map[string]*image.RGBA{"a.png": patches(180, 160, 0), "b.png": patches(180, 160, 1), "c.png": patches(180, 160, 2), "long.png": patches(1800, 160, 3), "dot.png": patches(9, 8, 4)} {
		drawFile(t, filepath.Join(dir, name), func(w io.Writer) error { return png.Encode(w, img) })
	}
	drawFile(t, filepath.Join(dir, "small.jpg"), func(w io.Writer) error { return jpeg.Encode(w, patches(90, 80, 0), &jpeg.Options{Quality: 80}) })
	path := labelFile(t, "l.csv", "image,dog\na.png,1\nb.png,0\nc.png,0\nsmall.jpg,1\nlong.png,0\ndot.png,0\n")
	args := []string{"--annotations", path, "--data", dir}
	found := findings(t, append(args, "--near_duplicates")...)
	if near := found[foundNearContent]; len(near) != 1 || near[0] != "small.jpg" {
		t.Errorf("%v", found)
	}
	if odd := found[foundOddSize]; len(odd) != 2 || odd[0] != "long.png" || odd[1] != "dot.png" {
		t.Errorf("%v", found)
	}
	if found := findings(t, args...); len(found[foundNearContent]) != 0 || len(found[foundOddSize]) != 2 {
		t.Errorf("without being asked: %v", found)
	}
}

func TestDataCheckFindsContradictionsAndTwoSpellings(t *testing.T) {
	text := "ImageID,Source,LabelName,Confidence\n"
	for _, image := range []string{"a", "b", "c", "d", "e"} {
		text += image + ",verification,dog,1\n" + image + ",verification,dog,0\n" + image + ",verification,Dog,0\n"
	}
	text += "A.jpg,verification,Dog,1\n"
	found := findings(t, "--no_images", "--annotations", labelFile(t, "l.csv", text))
	if len(found[foundContradicted]) != 5 || len(found[foundSpellings]) != 1 || found[foundSpellings][0] != "A.jpg" {
		t.Errorf("%v", found)
	}
	dir := t.TempDir()
	drawFile(t, filepath.Join(dir, "a.png"), func(w io.Writer) error { return png.Encode(w, patches(90, 80, 0)) })
	found = findings(t, "--data", dir, "--annotations", labelFile(t, "s.csv", "image,dog\na.png,1\na,0\n"))
	if len(found[foundSpellings]) != 2 { // the labels alone tell it, and so does the file
		t.Errorf("%v", found)
	}
}

// One generated data set with a fault of every kind that there is.
func TestDataCheckFindsEveryKindOfFault(t *testing.T) {
	dir := t.TempDir()
	draw := func(name string, img *image.RGBA) {
		drawFile(t, filepath.Join(dir, name), func(w io.Writer) error { return png.Encode(w, img) })
	}
	for name, kind := range map[string]int{"a.png": 0, "twin.png": 0, "b.png": 1, "leak.png": 1, "c.png": 2, "empty.png": 3, "d.png": 4, "e.png": 5} {
		draw(name, patches(180, 160, kind))
	}
	draw("long.png", patches(1800, 160, 6))
	drawFile(t, filepath.Join(dir, "small.jpg"), func(w io.Writer) error { return jpeg.Encode(w, patches(90, 80, 2), &jpeg.Options{Quality: 80}) })
	if err := os.WriteFile(filepath.Join(dir, "broken.png"), []byte("no image"), 0o666); err != nil {
		t.Fatal(err)
	}
	train := "ImageID,Source,LabelName,Confidence\n"
	for _, row := range []string{
		"a.png,dog,1", "a.png,dog,0", "twin.png,dog,0", "b.png,dog,1", "c.png,dog,0", "small.jpg,dog,1", "long.png,dog,0", "broken.png,dog,1", "missing.png,dog,1",
		"d.png,cow,0", "d.png,elk,1", "d.png,Dog,1", "e.png,Dog,0", "d,dog,1",
	} {
		image, label, _ := strings.Cut(row, ",")
		train += image + ",verification," + label + "\n"
	}
	val := "image,dog\nleak.png,1\nempty.png,\n"
	found := findings(t, "--annotations", labelFile(t, "t.csv", train), "--data", dir, "--set", "data.val.annotations="+labelFile(t, "v.csv", val), "--near_duplicates")
	for kind, want := range map[string]string{
		foundUnusable: "broken.png missing.png", foundSameContent: "twin.png d", foundLeak: "leak.png", foundUnlabelled: "empty.png",
		foundNeverPresent: "cow", foundNeverAbsent: "elk dog", foundNearContent: "small.jpg", foundOddSize: "long.png",
		foundContradicted: `a.png "dog"`, foundSpellings: "d", string(labels.SimilarNames): `"Dog" and "dog"`,
	} {
		got := strings.Join(found[kind], " ")
		if !sameWords(got, want) {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
		delete(found, kind)
	}
	if len(found) != 0 {
		t.Errorf("%v was not planted", found)
	}
}

// sameWords compares texts whose words come in any order.
func sameWords(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}
