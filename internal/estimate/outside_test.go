package estimate

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"csl/internal/checkpoint/checkpointtest"
	"csl/internal/fixture"
)

// good are scores that follow the full labels, mostly.
func good(t *testing.T, d fixture.Data) string {
	t.Helper()
	text, err := os.ReadFile(d.Full)
	if err != nil {
		t.Fatal(err)
	}
	out, n := "image,label,score\n", 0
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), ",")
		if n++; n == 1 {
			continue
		}
		score := map[string]float64{"1": 0.8, "0": 0.3}[f[2]] + 0.01*float64(n%7)
		out += fmt.Sprintf("%s,%s,%.2f\n", f[0], f[1], score)
	}
	return fixture.Write(t, filepath.Join(t.TempDir(), "scores.csv"), out)
}

func TestThePriorOfScoresNeedsNoModel(t *testing.T) {
	d := fixture.Make(t, 60, 0)
	o, log := options(t, d, "data.val.annotations=", "loss.scores="+good(t, d))
	o.CompareWith = d.Full
	r := estimate(t, o)
	if r.Estimate == nil || !r.Estimate.Fitted || r.Prior.Low == nil || !strings.Contains(log.String(), "measured on annotated cells") {
		t.Fatalf("%+v\n%s", r, log)
	}
	if _, err := os.Stat(o.Config.Train.Out); err == nil {
		t.Error("a model was trained")
	}
	if c := r.Comparison; c.Estimated.Error > 0.08 || c.Estimated.Error >= c.Naive.Error {
		t.Errorf("error %v, of counting %v", c.Estimated.Error, c.Naive.Error)
	}
	byMean, _ := options(t, d, "data.val.annotations=", "loss.scores="+o.Config.Loss.Scores, "prior.method=mean")
	if m := estimate(t, byMean); m.Estimate != nil || !slices.Equal(m.Prior.Avg, r.Estimate.Mean) || m.Prior.Avg[0] == 0 {
		t.Errorf("%+v", m.Prior)
	}
}

func TestScoresAndWhatTheyReplaceAreNotGivenTogether(t *testing.T) {
	d := fixture.Make(t, 4, 0)
	model, _ := options(t, d, "loss.scores="+good(t, d))
	model.Model.Path = checkpointtest.Checkpoint(t, fixture.Classes(), nil)
	training, _ := options(t, d, "loss.scores="+good(t, d), "prior.method=training")
	for want, o := range map[string]Options{"one of the two": model, "prior.method training": training} {
		if _, err := Run(context.Background(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
