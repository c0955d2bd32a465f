package infer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"csl/internal/checkpoint"
	"csl/internal/checkpoint/checkpointtest"
	"csl/internal/modelfile"
)

// stored writes a small random checkpoint of three classes, with metadata or more tensors where given.
func stored(t *testing.T, meta *checkpoint.Meta, more ...checkpoint.Out) string {
	t.Helper()
	return checkpointtest.Tiny(t, 3, meta, more...)
}

func load(t *testing.T, o ModelOptions) *Model {
	t.Helper()
	m, err := Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestThresholdIsTheUsersThenTheClassesThenTheCheckpointsThenTheDataSets(t *testing.T) {
	half, zero := 0.5, 0.0
	perClass := &checkpoint.Meta{Threshold: 0.6, Thresholds: []float32{0.1, 0.2, 0.3}}
	single := &checkpoint.Meta{Threshold: 0.6}
	for i, x := range []struct {
		meta    *checkpoint.Meta
		user    *float64
		dataset Dataset
		want    []float32
		one     bool
	}{
		{perClass, &half, OpenImages, []float32{0.5, 0.5, 0.5}, true},
		{perClass, &zero, COCO, []float32{0, 0, 0}, true},
		{perClass, nil, OpenImages, []float32{0.1, 0.2, 0.3}, false},
		{single, nil, OpenImages, []float32{0.6, 0.6, 0.6}, true},
		{nil, nil, OpenImages, []float32{0.995, 0.995, 0.995}, true},
		{nil, nil, COCO, []float32{0.7, 0.7, 0.7}, true},
		{nil, nil, AnyDataset, []float32{0.8, 0.8, 0.8}, true},
	} {
		m := load(t, ModelOptions{Options: modelfile.Options{Path: stored(t, x.meta)}, Threshold: x.user, Dataset: x.dataset})
		if !slices.Equal(m.Thresholds, x.want) || m.OneThreshold != x.one {
			t.Errorf("%d: %v, one: %v", i, m.Thresholds, m.OneThreshold)
		}
	}
}

func TestWrongDataSetOfTheHeadIsSaid(t *testing.T) {
	m := load(t, ModelOptions{Options: modelfile.Options{Path: stored(t, nil)}, Dataset: OpenImages})
	if !strings.Contains(m.Warnings[0], "OpenImages models have a bottleneck head, this checkpoint has a plain one") {
		t.Errorf("%q", m.Warnings)
	}
}

func TestDataSetNames(t *testing.T) {
	for name, want := range map[string]Dataset{"MS-COCO": COCO, "ms_coco": COCO, "OpenImages": OpenImages, "openimages": OpenImages, "": AnyDataset} {
		if got, err := ParseDataset(name); err != nil || got != want {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
	if _, err := ParseDataset("OpenImage"); err == nil {
		t.Error("OpenImage passed")
	}
}

func TestRankingBreaksTiesByIndex(t *testing.T) {
	p := &pass{o: Options{Model: &Model{Classes: []string{"a", "b", "c", "d"}, Thresholds: []float32{0.5, 0.5, 0.5, 0.5}}}}
	list, err := p.predictions([]float32{1, 40, 50, 40}) // scores of 40 and 50 are both 1
	var got []int
	for _, q := range list {
		got = append(got, q.Index)
	}
	if err != nil || !slices.Equal(got, []int{2, 1, 3, 0}) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestBrokenOutputsAreAnError(t *testing.T) {
	p := &pass{o: Options{Model: &Model{Classes: []string{"a", "b"}, Thresholds: []float32{0, 0}}}}
	for _, z := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if list, err := p.predictions([]float32{0, float32(z)}); err == nil || !strings.Contains(err.Error(), "class 1") {
			t.Errorf("%v: %v, %v", z, list, err)
		}
	}
}

func TestTextOutputDoesNotSteerTheTerminal(t *testing.T) {
	var b bytes.Buffer
	w, err := NewWriter(&b, WriterOptions{Format: Text})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Result(&Result{Image: "a\x1b[2J.jpg", Predictions: []Prediction{{Class: "\x07cat\nb"}}}), w.Flush()); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\x07") || strings.Count(b.String(), "\n") != 2 {
		t.Errorf("%q", b.String())
	}
}

func FuzzReadList(f *testing.F) {
	for _, s := range []string{"a.jpg\nb.jpg", "\r\n", "\x00", "\ufeffa", strings.Repeat("a", 70_000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := readList(strings.NewReader(text), "list")
		if (err == nil) != (len(list) > 0) {
			t.Errorf("%q: %q, %v", text, list, err)
		}
		for _, path := range list {
			if strings.ContainsAny(path, "\n\x00") || strings.TrimSpace(path) == "" {
				t.Errorf("%q: path %q", text, path)
			}
		}
	})
}

func TestListsThatCannotBeReadAreAnError(t *testing.T) {
	if _, err := readList(io.MultiReader(strings.NewReader("a.jpg\n"), broken{}), "standard input"); err == nil || !strings.HasPrefix(err.Error(), "standard input: ") {
		t.Error(err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, fmt.Errorf("gone") }

// lines notes what it is given.
type lines struct{ written []string }

func (l *lines) Write(p []byte) (int, error) {
	l.written = append(l.written, string(p))
	return len(p), nil
}

func TestResultsAreWrittenAsWholeLines(t *testing.T) {
	for _, format := range []Format{Text, JSON, CSV} {
		out := &lines{}
		w, err := NewWriter(out, WriterOptions{Format: format, Nothing: "nothing"})
		if err != nil {
			t.Fatal(err)
		}
		r := &Result{Image: "a.jpg"}
		for i := range 200 {
			r.Predictions = append(r.Predictions, Prediction{Index: i, Class: fmt.Sprintf("class number %d", i), Score: 0.5})
		}
		for range 20 {
			if err := w.Result(r); err != nil {
				t.Fatal(err)
			}
		}
		before := len(out.written)
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		for _, text := range out.written {
			if !strings.HasSuffix(text, "\n") || len(text) > 2*fullBuffer {
				t.Errorf("%s: %d bytes, the last %q", format, len(text), text[len(text)-10:])
			}
		}
		if before < 2 || len(out.written) > before+1 {
			t.Errorf("%s: %d writes, %d after Flush", format, before, len(out.written))
		}
	}
}

func TestAListInUTF16IsRead(t *testing.T) {
	for _, text := range []string{"\xff\xfea\x00.\x00j\x00p\x00g\x00\r\x00\n\x00", "\xfe\xff\x00a\x00.\x00j\x00p\x00g"} {
		list, err := readList(strings.NewReader(text), "list")
		if err != nil || len(list) != 1 || list[0] != "a.jpg" {
			t.Errorf("%q: %q, %v", text, list, err)
		}
	}
}
