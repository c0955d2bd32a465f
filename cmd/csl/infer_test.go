package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"csl/internal/count"
	"csl/internal/safefile/faultfs"
)

// tinyModel is a checkpoint with the classes class_00 to class_07.
func tinyModel() string {
	return filepath.Join("..", "..", "internal", "checkpoint", "testdata", "tiny_zip.pth")
}

// album makes a folder of images: a.png, b.jpg, broken.png, sub/a.jpg, and a file that is none.
func album(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"broken.png": []byte("\x89PNG\r\n\x1a\nno"), "notes.txt": []byte("none")}
	for i, name := range []string{"a.png", "b.jpg", "sub/a.jpg"} {
		var b bytes.Buffer
		var err error
		if strings.HasSuffix(name, "png") {
			err = png.Encode(&b, scene(40+10*i, 30, uint8(i)))
		} else {
			err = jpeg.Encode(&b, scene(40+10*i, 30, uint8(i)), nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		files[name] = b.Bytes()
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// scene is an image that depends on seed.
func scene(w, h int, seed uint8) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.RGBA{uint8(x) * 5, uint8(y)*7 + seed*90, seed * 60, 255})
		}
	}
	return m
}

// inferTiny runs csl infer with the tiny model at 32 pixels, all classes.
func inferTiny(t *testing.T, args ...string) (code int, out, err string) {
	t.Helper()
	return csl(t, append([]string{"infer", "--model_path", tinyModel(), "--input_size", "32", "--th", "0"}, args...)...)
}

// imageList is the images of JSON lines by base name, bad ones with an exclamation mark.
func imageList(t *testing.T, dir, out string) string {
	t.Helper()
	var names []string
	for _, l := range parseLines(t, out) {
		name, err := filepath.Rel(dir, l.Image)
		if err != nil {
			t.Fatal(err)
		}
		if l.Error != "" {
			name += "!"
		}
		names = append(names, filepath.ToSlash(name))
	}
	return strings.Join(names, " ")
}

func TestInferTakesFilesFoldersPatternsAndLists(t *testing.T) {
	dir := album(t)
	at := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	list := at("list.txt")
	text := "\ufeff" + at("b.jpg") + "\r\n\n" + at("missing.jpg") + "\n" + at("sub") + "\n" + at("a.png")
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	odd := at("odd.lst") // quoted, with a space behind it, with backslashes
	text = "\"" + at("b.jpg") + "\"\n" + at("a.png") + " \n" + dir + `\sub\a.jpg` + "\n"
	if err := os.WriteFile(odd, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"--pic_path", at("b.jpg")}, "b.jpg", exitOK},
		{[]string{"--pic_path", dir}, "a.png b.jpg broken.png! sub/a.jpg", exitSkipped},
		{[]string{"--pic_path", at("*.jpg")}, "b.jpg", exitOK},
		{[]string{"--pic_path", at("*")}, "a.png b.jpg broken.png! list.txt! notes.txt! odd.lst!", exitSkipped},
		{[]string{"--pic_path", "@" + list}, "b.jpg missing.jpg! sub! a.png", exitSkipped},
		{[]string{"--pic_path", at("b.jpg"), "--pic_path", at("sub"), at("a.png"), at("b.jpg")}, "b.jpg sub/a.jpg a.png b.jpg", exitOK},
		{[]string{at("broken.png")}, "broken.png!", exitSkipped},
		{[]string{"--pic_path", "@" + odd}, "b.jpg a.png sub/a.jpg", exitOK},
	} {
		for _, batch := range []string{"1", "3"} {
			code, out, err := inferTiny(t, append(x.args, "--format", "json", "--batch_size", batch)...)
			if got := imageList(t, dir, out); code != x.code || got != x.want {
				t.Errorf("%v in batches of %s: code %d, %s, want %s; stderr %q", x.args, batch, code, got, x.want, err)
			}
			if bad := strings.Count(x.want, "!"); strings.Count(err, "warning: skipped ") != bad ||
				bad > 0 && !strings.HasSuffix(err, fmt.Sprintf("csl: %d of %s skipped\n", bad, count.Of(len(strings.Fields(x.want)), "image"))) {
				t.Errorf("%v: stderr %q", x.args, err)
			}
		}
	}
}

func TestInferReadsPathsFromStandardInput(t *testing.T) {
	dir := album(t)
	s, out, stderr := fakeStreams()
	s.in = strings.NewReader(filepath.Join(dir, "b.jpg") + "\n" + filepath.Join(dir, "a.png") + "\n")
	code := run(context.Background(), []string{"infer", "--model_path", tinyModel(), "--input_size", "32", "--pic_path", "-", "--format", "json"}, s)
	if got := imageList(t, dir, out.String()); code != exitOK || got != "b.jpg a.png" {
		t.Errorf("code %d, %s, stderr %q", code, got, stderr)
	}
}

func TestInferResultsDependOnNeitherWorkersNorThreads(t *testing.T) {
	dir := album(t)
	_, one, _ := inferTiny(t, dir, "--format", "json", "--logits", "--batch_size", "2", "--workers", "1", "--threads", "1")
	_, more, _ := inferTiny(t, dir, "--format", "json", "--logits", "--batch_size", "2", "--workers", "5", "--threads", "2")
	if one != more || one == "" {
		t.Errorf("%s and\n%s", one, more)
	}
}

func TestInferResultsDependOnBatchesByRoundingOnly(t *testing.T) {
	dir := album(t)
	_, out, _ := inferTiny(t, dir, "--format", "json", "--logits", "--batch_size", "1")
	one := parseLines(t, out)
	_, out, _ = inferTiny(t, dir, "--format", "json", "--logits", "--batch_size", "64")
	for i, l := range parseLines(t, out) {
		for j, p := range l.Predictions {
			if q := one[i].Predictions[j]; q.Class != p.Class || math.Abs(float64(q.Logit-p.Logit)) > 1e-5 {
				t.Errorf("%s: %v in one batch, %v in batches of one", l.Image, p, q)
			}
		}
	}
}

func TestInferFormatsAgree(t *testing.T) {
	img := filepath.Join(album(t), "b.jpg")
	_, asJSON, _ := inferTiny(t, img, "--logits", "--format", "json")
	_, asCSV, _ := inferTiny(t, img, "--logits", "--format", "csv")
	_, asText, _ := inferTiny(t, img, "--logits")
	want := parseLines(t, asJSON)[0].Predictions
	if len(want) != 8 {
		t.Fatal(asJSON)
	}
	rows, err := csv.NewReader(strings.NewReader(asCSV)).ReadAll()
	if err != nil || len(rows) != 9 || strings.Join(rows[0], ",") != "image,index,class,score,logit" {
		t.Fatalf("%v: %q", err, asCSV)
	}
	lines := strings.Split(strings.TrimSpace(asText), "\n")
	if len(lines) != 9 || lines[0] != img {
		t.Fatalf("text %q", asText)
	}
	for i, p := range want {
		score, logit := strconv.FormatFloat(float64(p.Score), 'g', -1, 32), strconv.FormatFloat(float64(p.Logit), 'g', -1, 32)
		if got := strings.Join(rows[i+1], ","); got != fmt.Sprintf("%s,%d,%s,%s,%s", img, p.Index, p.Class, score, logit) {
			t.Errorf("csv row %q, want %+v", got, p)
		}
		if got := strings.Join(strings.Fields(lines[i+1]), " "); got != score+" "+logit+" "+p.Class {
			t.Errorf("text line %q, want %+v", got, p)
		}
	}
	_, short, _ := inferTiny(t, img, "--format", "json")
	if strings.Contains(short, "logit") || !strings.HasPrefix(short, fmt.Sprintf(`{"image":%q,"predictions":[{"index":`, img)) {
		t.Errorf("json %q", short)
	}
}

func TestInferCutsByTopKBeforeTheThreshold(t *testing.T) {
	img := filepath.Join(album(t), "b.jpg")
	_, out, _ := inferTiny(t, img, "--format", "json")
	all := parseLines(t, out)[0].Predictions
	_, out, _ = inferTiny(t, img, "--format", "json", "--top_k", "3")
	if got := parseLines(t, out)[0].Predictions; !slices.Equal(got, all[:3]) {
		t.Errorf("top 3: %v of %v", got, all)
	}
	th := strconv.FormatFloat(float64(all[4].Score), 'g', -1, 32) // strictly above: the fifth is out
	_, out, _ = inferTiny(t, img, "--format", "json", "--th", th, "--top_k", "0")
	if got := parseLines(t, out)[0].Predictions; !slices.Equal(got, all[:4]) {
		t.Errorf("above %s: %v of %v", th, got, all)
	}
	code, out, _ := inferTiny(t, img, "--th", "1")
	if code != exitOK || out != img+"\n  nothing scores above 1\n" {
		t.Errorf("code %d, %q", code, out)
	}
	if _, out, _ = inferTiny(t, img, "--th", "1", "--format", "json"); !strings.Contains(out, `"predictions":[]`) {
		t.Errorf("%q", out)
	}
}

func TestInferDrawsImagesUnderNamesOfTheirOwn(t *testing.T) {
	dir, out := album(t), filepath.Join(t.TempDir(), "new", "folder")
	code, text, err := inferTiny(t, dir, "--out", out, "--format", "json", "--threads", "2")
	if code != exitSkipped {
		t.Fatalf("code %d, stderr %q", code, err)
	}
	var drawn []string
	for _, l := range parseLines(t, text) {
		if l.Error != "" {
			continue
		}
		drawn = append(drawn, filepath.Base(l.Drawn))
		f, err := os.Open(l.Drawn)
		if err != nil {
			t.Fatal(err)
		}
		m, err := jpeg.Decode(f)
		if err != nil || m.Bounds().Dx() < 200 || m.Bounds().Dy() < 200 {
			t.Errorf("%s: %v", l.Drawn, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	entries, readErr := os.ReadDir(out)
	if got := strings.Join(drawn, " "); got != "a.jpg b.jpg a-2.jpg" || len(entries) != 3 || readErr != nil {
		t.Errorf("drawn %s, in the folder %v", got, entries)
	}
}

func TestInferNeverDrawsOverAnInput(t *testing.T) {
	dir := album(t)
	before, err := os.ReadFile(filepath.Join(dir, "b.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	code, out, stderr := inferTiny(t, filepath.Join(dir, "b.jpg"), "--out", filepath.Join(dir, "sub", ".."))
	after, err := os.ReadFile(filepath.Join(dir, "b.jpg"))
	if code != exitFailure || out != "" || !strings.Contains(stderr, "would replace an input") || err != nil || !bytes.Equal(before, after) {
		t.Errorf("code %d, stderr %q, %v", code, stderr, err)
	}
}

func TestInferSaysWhereDrawingFailed(t *testing.T) {
	dir, out := album(t), t.TempDir()
	faultfs.Each(func(fsys *faultfs.FS, failing string) {
		s, _, stderr := fakeStreams()
		s.fs = fsys
		target := filepath.Join(out, failing)
		code := run(context.Background(), []string{"infer", "--model_path", tinyModel(), "--input_size", "32", "--pic_path", filepath.Join(dir, "b.jpg"), "--out", target}, s)
		if failing == "" {
			if code != exitOK {
				t.Errorf("code %d, stderr %q", code, stderr)
			}
			return
		}
		half, err := filepath.Glob(filepath.Join(target, "*csltmp*"))
		dead := strings.Contains(failing, "all after it") // nothing can be cleaned up then, which is said
		if code != exitFailure || err != nil || !dead && (len(half) > 0 || strings.Count(stderr.String(), "\n") != 1) {
			t.Errorf("%s fails: code %d, stderr %q, left %v", failing, code, stderr, half)
		}
	})
}

func TestInferWrongInputsGiveOneClearLine(t *testing.T) {
	dir := album(t)
	at := func(name string, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	empty := t.TempDir()
	img := filepath.Join(dir, "b.jpg")
	model := []string{"--model_path", tinyModel(), "--input_size", "32"}
	for _, x := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--pic_path", img}, exitUsage, "--model_path is missing"},
		{model, exitUsage, "--images is missing"},
		{[]string{"--model_path", "none.pth", img}, exitFailure, `open checkpoint "none.pth": no such file`},
		{[]string{"--model_path", at("fake.pth", "<html>404</html>"), img}, exitFailure, "it is a web page"},
		{append(model, img, "--dataset_type", "COCA"), exitUsage, "must be MS-COCO or OpenImages"},
		{append(model, img, "--model_name", "tresnet_q"), exitUsage, `unknown model "tresnet_q"`},
		{append(model, img, "--model_name", "tresnet_m"), exitFailure, "does not fit tresnet_m: it is tresnet_tiny (stages [1 1 1 1], 8 planes)"},
		{append(model, img, "--input_size", "33"), exitUsage, "multiples of 4"},
		{append(model, img, "--input_size", "64x"), exitUsage, `"64x": must be N or HEIGHTxWIDTH`},
		{append(model, img, "--interpolation", "nearest"), exitUsage, `"nearest"`},
		{append(model, img, "--th", "1.5"), exitUsage, "--threshold 1.5: must be from 0 to 1"},
		{append(model, img, "--th", "NaN"), exitUsage, "must be from 0 to 1"},
		{append(model, img, "--batch_size", "0"), exitUsage, "--batch_size 0"},
		{append(model, img, "--top_k", "-1"), exitUsage, "--top_k -1"},
		{append(model, img, "--workers", "-1"), exitUsage, "--workers -1"},
		{append(model, img, "--max_pixels", "0"), exitUsage, "--max_pixels 0"},
		{append(model, img, "--format", "xml"), exitUsage, `--format "xml"`},
		{append(model, "--pic_path", empty), exitFailure, "no file has an image's extension"},
		{append(model, "--pic_path", filepath.Join(dir, "*.gif")), exitFailure, "no file matches"},
		{append(model, "--pic_path", filepath.Join(dir, "**")), exitFailure, "a folder stands for all images below it"},
		{append(model, "--pic_path", filepath.Join(dir, "[")), exitFailure, "syntax error in pattern"},
		{append(model, "--pic_path", filepath.Join(dir, "none.jpg")), exitFailure, "no such file or folder"},
		{append(model, "--pic_path", "@none.txt"), exitFailure, `list of images "none.txt": no such file`},
		{append(model, "--pic_path", "@"+at("zero.txt", "a.jpg\nb\x00.jpg\n")), exitFailure, "line 2: a zero byte"},
		{append(model, "--pic_path", "@"+at("long.txt", "\n"+strings.Repeat("x", 70_000))), exitFailure, "line 2: longer than any path"},
		{append(model, "--pic_path", "@"+at("blank.txt", "\n \n")), exitFailure, "it has no paths"},
		{append(model, "--pic_path", "-"), exitFailure, "standard input: it has no paths"},
		{append(model, img, "--classes", at("few.txt", "a\nb\n")), exitFailure, "it names 2 classes, but the checkpoint has 8 outputs"},
		{append(model, img, "--classes", at("twice.txt", "a\nb\nc\nd\ne\nf\na\ng\n")), exitFailure, `classes 0 and 6 are both called "a"`},
		{append(model, img, "--classes", "none.txt"), exitFailure, "none.txt: no such file"},
		{append(model, img, "--classes", img), exitFailure, "binary file"},
		{append(model, img, "--class_description_path", at("three.csv", "/m/1,a,b\n")), exitFailure, "want LabelName,DisplayName"},
		{append(model, img, "--out", img), exitFailure, "b.jpg"},
	} {
		code, out, err := csl(t, append([]string{"infer"}, x.args...)...)
		lines := 1
		if x.code == exitUsage {
			lines = 2 // and the hint
		}
		if code != x.code || out != "" || !strings.Contains(err, x.want) || strings.Count(err, "\n") != lines || !strings.HasPrefix(err, "csl: ") {
			t.Errorf("%v: code %d, stdout %q, stderr %q, want %q", x.args, code, out, err, x.want)
		}
	}
}

func TestInferNamesClassesFromFiles(t *testing.T) {
	dir := t.TempDir()
	img := filepath.Join(album(t), "b.jpg")
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var lines, mids, descriptions strings.Builder
	descriptions.WriteString("LabelName,DisplayName\n")
	for i := range 8 {
		fmt.Fprintf(&lines, "thing, no. %d\n", i)
		fmt.Fprintf(&mids, "/m/%d\n", i)
		if i < 7 {
			fmt.Fprintf(&descriptions, "/m/%d,\"%d, described\"\n", i, i)
		}
	}
	described := write("d.csv", descriptions.String())
	for _, x := range []struct {
		args []string
		name func(i int) string
		say  string
	}{
		{[]string{"--classes", write("lines.txt", lines.String()+"\n")}, func(i int) string { return fmt.Sprintf("thing, no. %d", i) }, "differ"},
		{
			[]string{"--classes", write("mids.txt", mids.String()), "--class_description_path", described},
			func(i int) string {
				if i == 7 {
					return "/m/7"
				}
				return fmt.Sprintf("%d, described", i)
			},
			`no description of 1 of the 8 classes, such as "/m/7"`,
		},
	} {
		code, out, err := inferTiny(t, append(x.args, img, "--format", "json")...)
		if code != exitOK || !strings.Contains(err, x.say) {
			t.Fatalf("%v: code %d, stderr %q", x.args, code, err)
		}
		for _, p := range parseLines(t, out)[0].Predictions {
			if p.Class != x.name(p.Index) {
				t.Errorf("class %d is %q", p.Index, p.Class)
			}
		}
	}
}

func TestInferWithoutClassNamesSaysHowToGiveThem(t *testing.T) {
	nameless := filepath.Join("..", "..", "internal", "checkpoint", "testdata", "tiny_v2_raw_zip.ckpt")
	code, out, err := csl(t, "infer", "--model_path", nameless, "--pic_path", filepath.Join(album(t), "b.jpg"), "--input_size", "32", "--th", "0")
	if code != exitOK || strings.Count(err, "--classes FILE") != 1 || strings.Count(err, "\n") != 1 || !strings.Contains(out, "  class 7\n") {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, err)
	}
}

func TestInferEndsQuietlyWhenNobodyReads(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // there are no signals for broken pipes
	}
	dir := album(t)
	args := []string{"infer", "--model_path", tinyModel(), "--input_size", "32", "--batch_size", "1", "--format", "json"}
	for range 2000 { // more output than a pipe holds
		args = append(args, filepath.Join(dir, "b.jpg"))
	}
	cmd := command(t, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || !strings.HasPrefix(line, `{"image"`) {
		t.Errorf("%q, %v", line, err)
	}
	if err := stdout.Close(); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err == nil || stderr.Len() > 0 {
		t.Errorf("end %v, stderr %q", err, &stderr)
	}
}

// failing is a standard output that cannot take more.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestInferReportsAFullDisk(t *testing.T) {
	s, _, stderr := fakeStreams()
	s.out = failing{errors.New("no space left on device")}
	code := run(context.Background(), []string{"infer", "--model_path", tinyModel(), "--input_size", "32", filepath.Join(album(t), "b.jpg")}, s)
	if code != exitFailure || strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), "no space left") {
		t.Errorf("code %d, stderr %q", code, stderr)
	}
}

func TestInferStopsWhenInterrupted(t *testing.T) {
	dir := album(t)
	args := []string{"infer", "--model_path", tinyModel(), "--input_size", "32", "--batch_size", "1"}
	for range 100 {
		args = append(args, filepath.Join(dir, "b.jpg"))
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, _, stderr := fakeStreams()
	s.out = writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil })
	if code := run(ctx, args, s); code != exitInterrupted || !strings.Contains(stderr.String(), "of 100 images") {
		t.Errorf("code %d, stderr %q", code, stderr)
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestInferShowsProgressWithinANarrowTerminal(t *testing.T) {
	dir := album(t)
	for _, width := range []int{20, 60} {
		s, _, stderr := fakeStreams()
		s.out = io.Discard
		s.errTTY, s.width = true, func() int { return width }
		code := run(context.Background(), []string{"infer", "--model_path", tinyModel(), "--input_size", "32", filepath.Join(dir, "b.jpg"), filepath.Join(dir, "a.png")}, s)
		text := stderr.String()
		if code != exitOK || !strings.Contains(text, "classifying") {
			t.Errorf("code %d, stderr %q", code, text)
		}
		for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\r' || r == '\n' }) {
			if len(strings.TrimLeft(line, "\x1b[K")) > width {
				t.Errorf("width %d: %q", width, line)
			}
		}
	}
}

// onScreen is what a terminal shows in the end that got text.
func onScreen(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		var shown []rune
		for part := range strings.SplitSeq(line, "\r") {
			r := []rune(part)
			shown = append(r, shown[min(len(r), len(shown)):]...)
		}
		lines = append(lines, strings.TrimRight(string(shown), " "))
	}
	return strings.Join(lines, "\n")
}

func TestInferShowsProgressBesideResultsOnOneTerminal(t *testing.T) {
	dir := album(t)
	for _, format := range []string{formatText, formatJSON, formatCSV} {
		args := []string{"infer", "--model_path", tinyModel(), "--input_size", "32", "--batch_size", "1", "--th", "0", "--format", format, dir}
		_, results, _ := csl(t, args...)

		s, screen, _ := fakeStreams()
		s.err, s.outTTY, s.errTTY = screen, true, true
		if code := run(context.Background(), args, s); code != exitSkipped {
			t.Errorf("code %d", code)
		}
		if !strings.Contains(screen.String(), "\rclassifying  [") {
			t.Errorf("%s: no bar in %q", format, screen)
		}
		got := onScreen(screen.String())
		for line := range strings.Lines(results) {
			if !strings.Contains("\n"+got, "\n"+line) {
				t.Errorf("%s: the screen has no line %q:\n%s", format, line, got)
			}
		}
		if n := strings.Count(got, "\n") - strings.Count(results, "\n"); strings.Contains(got, "classifying") || n != 2 {
			t.Errorf("%s: %d further lines, want a warning and the end:\n%s", format, n, got)
		}
	}
}

func TestInferOfOneImageShowsNoBar(t *testing.T) {
	s, screen, _ := fakeStreams()
	s.err, s.outTTY, s.errTTY = screen, true, true
	code := run(context.Background(), []string{"infer", "--model_path", tinyModel(), "--input_size", "32", filepath.Join(album(t), "b.jpg")}, s)
	if code != exitOK || strings.ContainsAny(screen.String(), "\r[") {
		t.Errorf("code %d, screen %q", code, screen)
	}
}
