package report

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"testing"

	"csl/internal/checkpoint"
	"csl/internal/config"
	"csl/internal/graph"
	"csl/internal/images"
	"csl/internal/kernel/kerneltest"
	"csl/internal/model"
	"csl/internal/progress"
	"csl/internal/rundir"
	"csl/internal/safefile"
)

// fixture is a run folder in the making.
type fixture struct {
	t   *testing.T
	dir string
	cfg *config.Config
}

func newFixture(t *testing.T, dir, mode string) *fixture {
	t.Helper()
	f := &fixture{t, dir, config.Default()}
	f.cfg.Model.Name, f.cfg.Loss.Mode, f.cfg.Train.Out = "tresnet_tiny", mode, dir
	f.cfg.Schedule.Epochs, f.cfg.Data.Size, f.cfg.Train.Batch = 3, 32, 4
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) write(name string, content []byte) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name), content, 0o666); err != nil {
		f.t.Fatal(err)
	}
}

// config writes the resolved configuration.
func (f *fixture) config() *fixture {
	f.t.Helper()
	var b bytes.Buffer
	if err := f.cfg.Write(&b, "a run", false); err != nil {
		f.t.Fatal(err)
	}
	f.write(rundir.Config, b.Bytes())
	return f
}

// logs writes two steps and one validation per epoch; maps are the mAP(C) of the regular weights,
// the average is one point below them in the first epoch and one above later.
func (f *fixture) logs(maps ...float64) *fixture {
	f.t.Helper()
	var metrics, timings bytes.Buffer
	line := func(w io.Writer, r any) {
		text, err := json.Marshal(r)
		if err != nil {
			f.t.Fatal(err)
		}
		fmt.Fprintf(w, "%s\n", text)
	}
	best := -1.0
	for e, v := range maps {
		for k := 1; k <= 2; k++ {
			step := 2*e + k
			s := rundir.Step{Kind: rundir.KindStep, Step: step, Epoch: e, LR: 0.001 / float64(step), Loss: 4 / float64(step), Positive: 3 / float64(step), Negative: 1 / float64(step)}
			if f.cfg.Loss.Mode == config.ModeSelective {
				s.DroppedPrior, s.DroppedTopK, s.Dropped = 0.1, 0.05, 0.12
			}
			line(&metrics, s)
			line(&timings, rundir.Timing{Kind: rundir.KindStep, Step: step, Seconds: 20})
		}
		average, overall := v+1, v/2
		if e == 0 {
			average = v - 1
		}
		r := rundir.Validation{
			Kind: rundir.KindValidation, Step: 2*e + 2, Epoch: e, Monitor: "map_partial",
			Regular: rundir.Scores{MAPPartial: &v, MAPO: &overall}, EMA: rundir.Scores{MAPPartial: &average, MAPO: &v},
			Best: &v, Source: "regular",
		}
		if average > v {
			r.Best, r.Source = &average, "ema"
		}
		r.Improved = *r.Best > best
		best = max(best, *r.Best)
		line(&metrics, r)
		line(&timings, rundir.Timing{Kind: rundir.KindValidation, Step: 2*e + 2, Seconds: 5})
	}
	f.write(rundir.Metrics, metrics.Bytes())
	f.write(rundir.Timings, timings.Bytes())
	return f
}

// weights writes the best checkpoint: a tiny model with random weights.
func (f *fixture) weights(classes []string, prior []float32) *fixture {
	f.t.Helper()
	spec, err := model.Lookup("tresnet_tiny")
	if err != nil {
		f.t.Fatal(err)
	}
	spec.NumClasses = len(classes)
	w, err := model.NewWeights(spec)
	if err != nil {
		f.t.Fatal(err)
	}
	w.Init(7)
	m := checkpoint.Meta{
		Version: "test", Spec: spec, Weights: "regular", Prior: prior,
		Input: &checkpoint.Input{Height: 32, Width: 32, Interpolation: "bilinear"},
	}
	for _, c := range classes {
		m.Classes = append(m.Classes, checkpoint.Class{Name: c})
	}
	meta, err := m.Encode()
	if err != nil {
		f.t.Fatal(err)
	}
	var b bytes.Buffer
	if err := checkpoint.WriteSafetensors(&b, checkpoint.Tensors(w), meta); err != nil {
		f.t.Fatal(err)
	}
	f.write(rundir.Best, b.Bytes())
	return f
}

// data makes n images of one colour each, named by name, with labels that go through present,
// absent and unknown, and points the configuration to them as training and validation data.
func (f *fixture) data(dir string, n int, classes []string, name func(i int) string) *fixture {
	f.t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		f.t.Fatal(err)
	}
	var labels bytes.Buffer
	rows := csv.NewWriter(&labels)
	rows.Write([]string{"image", "label", "value"})
	for i := range n {
		m := images.NewRGB(200, 100)
		for k := range m.Pix {
			m.Pix[k] = uint8(40*i + 60*(k%3))
		}
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			f.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name(i)), b.Bytes(), 0o666); err != nil {
			f.t.Fatal(err)
		}
		for c, class := range classes {
			rows.Write([]string{name(i), class, fmt.Sprint((i+c)%3 - 1)})
		}
	}
	rows.Flush()
	path := filepath.Join(dir, "labels.csv")
	if err := os.WriteFile(path, labels.Bytes(), 0o666); err != nil {
		f.t.Fatal(err)
	}
	split := config.Split{Root: dir, Annotations: path, Format: "csv"}
	f.cfg.Data.Train, f.cfg.Data.Val = split, split
	return f
}

func imageName(i int) string { return fmt.Sprintf("p%02d.png", i) }

// options of a report on dirs, written beside them.
func options(t *testing.T, dirs ...string) Options {
	t.Helper()
	be, err := graph.NewCPU(2, kerneltest.Best(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(be.Close)
	return Options{
		Runs: dirs, Out: filepath.Join(t.TempDir(), "page.html"), Images: 4, Listed: 3, Backend: be, FS: safefile.OS(), Version: "csl test",
		Display: progress.New(progress.Options{Out: io.Discard, Quiet: true}),
	}
}

// write makes the report and reads the page.
func write(t *testing.T, o Options) (*Summary, string) {
	t.Helper()
	s, err := Write(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	return s, string(text)
}
