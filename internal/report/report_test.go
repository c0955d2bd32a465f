package report

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/config"
	"csl/internal/rundir"
)

var threeClasses = []string{"cat", "dog", "owl"}

// trio makes three runs with weights and data.
func trio(t *testing.T) []string {
	t.Helper()
	root := t.TempDir()
	var dirs []string
	for i, mode := range []string{config.ModeIgnore, config.ModeNegative, config.ModeSelective} {
		f := newFixture(t, filepath.Join(root, mode), mode).data(filepath.Join(root, "data"), 9, threeClasses, imageName)
		var prior []float32
		if mode == config.ModeSelective {
			prior = []float32{0.2, 0.7, 0.4}
			f.cfg.Prior.Path, f.cfg.Prior.Threshold = "prior.csv", 0.5
		}
		f.config().logs(40, 50+float64(i), 45).weights(threeClasses, prior)
		dirs = append(dirs, f.dir)
	}
	return dirs
}

func TestTableOfThreeRuns(t *testing.T) {
	dirs := trio(t)
	s, _ := write(t, options(t, dirs...))
	for i := range s.Runs {
		s.Runs[i].Run = filepath.Base(s.Runs[i].Run)
	}
	var b bytes.Buffer
	if err := s.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	want := `   run        mode       seed  epochs  best          weights  mAP(C)  mAP(O)   time
   ignore     ignore        1     3/3  mAP(C) 51.00  EMA       51.00   50.00  2m15s
   negative   negative      1     3/3  mAP(C) 52.00  EMA       52.00   51.00  2m15s
*  selective  selective     1     3/3  mAP(C) 53.00  EMA       53.00   52.00  2m15s
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &b, want)
	}
	b.Reset()
	if err := s.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Runs []struct {
			Run, Mode, Weights, Monitor string
			Seed, Epochs                int
			Best, Seconds               float64
			MAP                         float64 `json:"map_partial"`
			At                          int     `json:"best_epoch"`
		}
		Best    int
		Page    string
		Missing []string
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	r := got.Runs[2]
	if got.Best != 2 || len(got.Runs) != 3 || r.Mode != "selective" || r.Weights != "ema" || r.MAP != 53 || r.Best != 53 || r.At != 2 ||
		r.Seconds != 135 || r.Seed != 1 || got.Missing == nil || len(got.Missing) > 0 || got.Page == "" {
		t.Errorf("got %+v", got)
	}
}

// elements checks that the page is well-formed (as XML, which is stricter than HTML), and calls visit
// with each element.
func elements(t *testing.T, page string, visit func(xml.StartElement)) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("the page is not well-formed: %v", err)
		}
		if e, ok := token.(xml.StartElement); ok && visit != nil {
			visit(e)
		}
	}
}

func TestPageIsWellFormedAndNeedsNothingElse(t *testing.T) {
	_, page := write(t, options(t, trio(t)...))
	images, charts, scripts := 0, 0, 0
	elements(t, page, func(e xml.StartElement) {
		switch e.Name.Local {
		case "script":
			scripts++
		case "link", "iframe", "object":
			t.Errorf("the page has a <%s>", e.Name.Local)
		case "img":
			images++
		case "svg":
			charts++
		}
		for _, a := range e.Attr {
			if (a.Name.Local == "src" || a.Name.Local == "href") && !strings.HasPrefix(a.Value, "data:image/jpeg;base64,") {
				t.Errorf("<%s> refers to %.60q", e.Name.Local, a.Value)
			}
		}
	})
	// 4 images of the set, 3 of each list. mAP(C), mAP(O), learning rate, a loss for each run, what selective drops; curves
	// of all and of classes, reliability, scores of each run; the prior with its legend of 3 marks.
	if images != 4+9 || charts != 7+6+4 || scripts != 1 {
		t.Errorf("%d images, %d charts and %d scripts, want 13, 17 and 1", images, charts, scripts)
	}
	for _, want := range []string{
		"Highest: selective, mAP(C) 53.00 after epoch 2 of 3, EMA weights.", "One run each (seed 1)",
		"Settings that differ", "loss.mode", "prior.threshold", "all runs", "1 of 3 classes lie above the threshold 0.5",
		"▲ gated", "prefers-color-scheme: dark", "@media print", "false alarm", "csl train --config",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	text, code, _ := strings.Cut(page, "<script>")
	if strings.Contains(page, "ZgotmplZ") || strings.Contains(page, "url(") || strings.Contains(text, "NaN") || strings.Contains(code, "http") {
		t.Error("the page has a refused value, a reference or a NaN")
	}
}

func TestEqualRunsGiveEqualPages(t *testing.T) {
	dirs := trio(t)
	_, a := write(t, options(t, dirs...))
	_, b := write(t, options(t, dirs...))
	if a != b {
		t.Error("two reports of the same runs differ")
	}
}

func TestHostileNamesAreText(t *testing.T) {
	root := t.TempDir()
	classes := []string{`<script>alert(1)</script>`, `a" onmouseover="x`, `{{.Version}} & 'b'`}
	name := func(i int) string { return fmt.Sprintf(`"><img src=x onerror=alert(%d)>.png`, i) }
	f := newFixture(t, filepath.Join(root, `run<b>&"'`), config.ModeSelective).data(filepath.Join(root, "data"), 6, classes, name)
	f.config().logs(10, 20).weights(classes, []float32{0.9, 0.2, 0.6})
	s, page := write(t, options(t, f.dir))
	if len(s.Missing) > 0 {
		t.Errorf("missing: %q", s.Missing)
	}
	images, scripts := 0, 0
	elements(t, page, func(e xml.StartElement) {
		if e.Name.Local == "script" {
			scripts++
		}
		if e.Name.Local == "img" {
			images++
		}
		for _, a := range e.Attr {
			if strings.HasPrefix(a.Name.Local, "on") {
				t.Errorf("<%s> has the attribute %s", e.Name.Local, a.Name.Local)
			}
		}
	})
	if images != 4+9 {
		t.Errorf("%d images", images)
	}
	if scripts != 1 {
		t.Errorf("%d scripts: a class name became one", scripts)
	}
	if !strings.Contains(page, "&lt;script&gt;alert(1)&lt;/script&gt;") || !strings.Contains(page, "{{.Version}}") {
		t.Error("class names are not shown as they are")
	}
}

func TestAFolderThatIsNoRunIsOneClearLine(t *testing.T) {
	dir := t.TempDir()
	good := newFixture(t, filepath.Join(dir, "good"), config.ModeIgnore).config()
	broken := newFixture(t, filepath.Join(dir, "broken"), config.ModeIgnore).config()
	broken.write(rundir.Metrics, []byte("{\"kind\":\"step\"}\nnonsense\n"))
	for name, x := range map[string]struct {
		dirs []string
		want string
	}{
		"missing":   {[]string{good.dir, filepath.Join(dir, "none")}, `none": not a run directory: it has no config.yaml`},
		"a file":    {[]string{good.dir, filepath.Join(good.dir, "config.yaml")}, `config.yaml": not a run directory: it has no config.yaml`},
		"bad log":   {[]string{broken.dir}, `metrics.jsonl" line 2`},
		"twice":     {[]string{good.dir, good.dir + "/"}, "is given twice"},
		"no folder": {nil, "no run given"},
	} {
		o := options(t, x.dirs...)
		_, err := Write(context.Background(), o)
		if err == nil || !strings.Contains(err.Error(), x.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want %q", name, err, x.want)
		}
		if _, err := os.Stat(o.Out); err == nil {
			t.Errorf("%s: a page was written", name)
		}
	}
}

func TestPartialRunsGiveAPageThatSaysWhatIsMissing(t *testing.T) {
	root := t.TempDir()
	started := newFixture(t, filepath.Join(root, "started"), config.ModeIgnore).config()
	half := newFixture(t, filepath.Join(root, "half"), config.ModeIgnore)
	half.config().logs(30, 20).weights(threeClasses, nil) // without data
	s, page := write(t, options(t, started.dir, half.dir))
	elements(t, page, nil)
	if s.Best != 1 || s.Runs[0].Epochs != 0 || s.Runs[0].Best != nil || s.Runs[1].Epochs != 2 || *s.Runs[1].Best != 30 || s.Runs[1].BestEpoch != 1 {
		t.Errorf("rows %+v", s.Runs)
	}
	if len(s.Missing) != 2 || !strings.HasPrefix(s.Missing[0], "started: no best.safetensors yet") || !strings.HasPrefix(s.Missing[1], "half: no results per class") {
		t.Errorf("missing %q", s.Missing)
	}
	for _, want := range []string{"Not on this page", "half has 2 of 3 epochs", "started has 0 of 3 epochs"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	var b bytes.Buffer
	if err := s.WriteText(&b); err != nil || !strings.Contains(b.String(), "ignore     1     0/3  -") {
		t.Errorf("table\n%s%v", &b, err)
	}
}

func TestALimitScoresEvenlySpacedImagesAndSaysSo(t *testing.T) {
	o := options(t, trio(t)[:1]...)
	o.Scored, o.Images, o.Listed = 5, 0, 0
	_, page := write(t, o)
	if !strings.Contains(page, "from 5 of the 9 validation images, evenly spaced") || strings.Contains(page, "<img") {
		t.Error("the page does not say what it is from, or has images")
	}
}

func TestAnUnwritablePageLeavesNothing(t *testing.T) {
	o := options(t, trio(t)[:1]...)
	o.Out = filepath.Join(t.TempDir(), "no", "such", "folder", "page.html")
	if _, err := Write(context.Background(), o); err == nil || !strings.Contains(err.Error(), "page.html") {
		t.Errorf("error %v", err)
	}
}

func TestACancelledReportEnds(t *testing.T) {
	o := options(t, trio(t)...)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Write(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(o.Out); err == nil {
		t.Error("a page was written")
	}
}

func TestWithoutAPriorThePageShowsMeanScoresAndCounts(t *testing.T) {
	_, page := write(t, options(t, trio(t)[:1]...)) // mode ignore
	for _, want := range []string{"by the mean score of ignore", "annotated present", "<span>mean score</span>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "▲ gated") || strings.Contains(page, "<span>prior") {
		t.Error("the page has a prior")
	}
}

func TestPagesForbidAllThatIsNotInThem(t *testing.T) {
	for name, source := range map[string]string{"runs": pageSource, "models": scoredSource, "labels": labelsSource, "sweeps": tablesSource} {
		source = strings.ReplaceAll(source, `{{template "head" .}}`, sharedSource) // where the heads of two pages are
		if !strings.Contains(source, `http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:;`) {
			t.Errorf("the page of %s has no policy", name)
		}
	}
}
