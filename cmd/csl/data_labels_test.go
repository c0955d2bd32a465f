package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// labelFile writes a file of labels.
func labelFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

const wideLabels = "image,dog,cat,cow\na.jpg,1,1,\nb.jpg,1,0,0\nc.jpg,0,1,0\n"

func TestDataStatsCountsLabels(t *testing.T) {
	path := labelFile(t, "l.csv", wideLabels)
	code, out, err := csl(t, "data", "stats", "--annotations", path, "--format", "json")
	var st labelStats
	if e := json.Unmarshal([]byte(out), &st); code != exitOK || e != nil || err != "" {
		t.Fatalf("code %d, %v, stderr %q", code, e, err)
	}
	if st.Format != "wide" || st.Images != 3 || st.PerImage != 4.0/3 || st.Known != 8.0/9 || st.Classes[2] != (classStats{"cow", 0, 2, 1, 2.0 / 3}) {
		t.Errorf("%+v", st)
	}
	if len(st.Pairs) != 1 || st.Pairs[0].A != "dog" || st.Pairs[0].B != "cat" || st.Pairs[0].Count != 1 || st.Pairs[0].Lift != 0.75 {
		t.Errorf("%+v", st.Pairs)
	}
	if len(st.LongTail) != 3 || st.LongTail[0] != 2 || st.LongTail[2] != 0 || st.FPC[0] != (touchedStats{10, 0}) || st.Shares[0] != (touchedStats{0.5, 2}) {
		t.Errorf("%+v", st)
	}
	code, out, _ = csl(t, "data", "stats", "--annotations", path, "--top", "1")
	for _, want := range []string{"(wide): 3 images, 3 classes", "classes never present", "median 2, lower quartile 2, least 0", "classes that fpc 10 would touch", "dog       cat  1       0.75", "(2 classes more: --top 0)"} {
		if code != exitOK || !strings.Contains(out, want) {
			t.Errorf("code %d, lacks %q:\n%s", code, want, out)
		}
	}
}

func TestDataConvertKeepsThreeStates(t *testing.T) {
	from, dir := labelFile(t, "l.csv", wideLabels), t.TempDir()
	for _, format := range []string{"csv", "jsonl", "labelstudio", "cvat", "openimages", "voc", "wide"} {
		to, missing := filepath.Join(dir, format), "unknown"
		if strings.HasSuffix(from, "voc") {
			missing = "absent" // VOC's files say what is unknown
		}
		code, out, err := csl(t, "data", "convert", "--annotations", from, "--to", format, "--out", to, "--set", "data.missing="+missing)
		if code != exitOK || !strings.Contains(out, "3 images, 3 classes ("+format+")") {
			t.Fatalf("%s: code %d, stdout %q, stderr %q", format, code, out, err)
		}
		from = to
	}
	back, err := os.ReadFile(from)
	// Open Images' classes come sorted.
	if want := "image,cat,cow,dog\na.jpg,1,,1\nb.jpg,0,0,1\nc.jpg,1,0,0\n"; err != nil || string(back) != want {
		t.Errorf("%v:\n%s", err, back)
	}
}

func TestDataConvertIsToldWhatUnknownBecomes(t *testing.T) {
	from, to := labelFile(t, "l.csv", wideLabels), filepath.Join(t.TempDir(), "i.json")
	code, out, err := csl(t, "data", "convert", "--annotations", from, "--to", "coco", "--out", to)
	if code != exitFailure || out != "" || !strings.Contains(err, "--unknown_as") {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, err)
	}
	if _, e := os.Stat(to); !os.IsNotExist(e) {
		t.Errorf("a file was made: %v", e)
	}
	for how, want := range map[string]string{"negative": "3 images", "drop": "2 images"} {
		code, out, err := csl(t, "data", "convert", "--annotations", from, "--to", "coco", "--out", to, "--unknown_as", how)
		if code != exitOK || !strings.Contains(out, want) || !strings.Contains(err, "warning") {
			t.Errorf("%s: code %d, stdout %q, stderr %q", how, code, out, err)
		}
	}
}

func TestDataSimulateWritesTheLabelsLeft(t *testing.T) {
	from, to := labelFile(t, "l.csv", wideLabels), filepath.Join(t.TempDir(), "p.csv")
	code, out, err := csl(t, "data", "simulate", "--annotations", from, "--simulate_partial_type", "fpc", "--simulate_partial_param", "1", "--to", "wide", "--out", to)
	if code != exitOK || !strings.Contains(out, "3 images, 3 classes (wide)") {
		t.Fatalf("code %d, stdout %q, stderr %q", code, out, err)
	}
	text, e := os.ReadFile(to)
	if e != nil || strings.Count(string(text), "1") != 2 || strings.Count(string(text), "0") != 3 { // one of each kind, where there is one
		t.Errorf("%v:\n%s", e, text)
	}
}

func TestDataCommandsRefuseWrongFlags(t *testing.T) {
	path := labelFile(t, "l.csv", wideLabels)
	for flags, want := range map[string]string{
		"stats":                                "--annotations is missing",
		"stats --top -1 --annotations " + path: "--top -1",
		"convert --to jsonl --annotations " + path:                                     "--out is missing",
		"convert --to pdf --out x --annotations " + path:                               `--to "pdf"`,
		"convert --to coco --unknown_as maybe --out x --annotations " + path:           `--unknown_as "maybe"`,
		"simulate --out x --annotations " + path:                                       "--simulate_partial_type is missing",
		"simulate --out x --to coco --simulate_partial_type fpc --annotations " + path: "unknown",
	} {
		code, out, err := csl(t, append([]string{"data"}, strings.Fields(flags)...)...)
		if code != exitUsage || out != "" || !strings.Contains(err, want) {
			t.Errorf("%s: code %d, stderr %q, want %q", flags, code, err, want)
		}
	}
}

func TestDataStatsDrawsAPageThatIsCompleteInItself(t *testing.T) {
	path, page := labelFile(t, "l<b>.csv", wideLabels), filepath.Join(t.TempDir(), "stats.html")
	code, _, stderr := csl(t, "data", "stats", "--annotations", path, "--out", page)
	text, err := os.ReadFile(page)
	if code != exitOK || err != nil {
		t.Fatalf("code %d, %v, stderr %q", code, err, stderr)
	}
	html := string(text)
	for _, want := range []string{"labels of l&lt;b&gt;.csv", "Long tail", "Labels per image", "Share known", "fpc 10", "threshold 0.5", ">0.75<", "66.7 %"} {
		if !strings.Contains(html, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if strings.Contains(html, "csl csl") {
		t.Error("names the program twice")
	}
	if strings.Count(html, "<svg") != 3 || strings.Contains(html, "://") || strings.Contains(html, "<script") {
		t.Error("not three drawings, or something from elsewhere")
	}
}
