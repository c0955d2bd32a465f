package validate

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"csl/internal/checkpoint"
	"csl/internal/checkpoint/checkpointtest"
	"csl/internal/fixture"
	"csl/internal/model"
	"csl/internal/modelfile"
)

func TestThresholdsAreTheGivenOneElseTheCheckpointsElseTheDefault(t *testing.T) {
	d := fixture.Make(t, 2, 5)
	perClass := []float32{0.1, 0.2, 0.3, 0.4}
	half := 0.5
	for name, x := range map[string]struct {
		about func(*checkpoint.Meta)
		given *float64
		want  []float32
		one   bool
	}{
		"default":   {func(*checkpoint.Meta) {}, nil, slices.Repeat([]float32{modelfile.DefaultThreshold}, 4), true},
		"one":       {func(m *checkpoint.Meta) { m.Threshold = 0.25 }, nil, slices.Repeat([]float32{0.25}, 4), true},
		"per class": {func(m *checkpoint.Meta) { m.Thresholds = perClass }, nil, perClass, false},
		"given":     {func(m *checkpoint.Meta) { m.Thresholds = perClass }, &half, slices.Repeat([]float32{0.5}, 4), true},
	} {
		o, _ := options(t, d, checkpointtest.Checkpoint(t, fixture.Classes(), nil, x.about))
		o.Threshold = x.given
		r, err := Run(context.Background(), o)
		if err != nil || !slices.Equal(r.Thresholds, x.want) || r.OneThreshold != x.one {
			t.Errorf("%s: %v, one %v, %v; want %v", name, r.Thresholds, r.OneThreshold, err, x.want)
		}
	}
}

func TestOutputsThatAreNotFiniteAreAnErrorNamingImageAndClass(t *testing.T) {
	d := fixture.Make(t, 2, 5)
	o, _ := options(t, d, checkpointtest.Checkpoint(t, fixture.Classes(), func(w *model.Weights) {
		shape, data, _ := w.Get("head.fc.bias")
		data[2] = float32(math.Inf(1))
		if err := w.Set("head.fc.bias", shape, data); err != nil {
			t.Fatal(err)
		}
	}))
	o.ScoresPath = filepath.Join(t.TempDir(), "scores.csv")
	_, err := Run(context.Background(), o)
	if err == nil || !strings.Contains(err.Error(), fixture.Classes()[2]) || !strings.Contains(err.Error(), `image "`) {
		t.Errorf("err = %v", err)
	}
	if _, err := os.Stat(o.ScoresPath); err == nil {
		t.Error("scores were written")
	}
}
