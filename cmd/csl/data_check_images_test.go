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
	"testing"
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
