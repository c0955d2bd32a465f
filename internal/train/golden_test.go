package train

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"csl/internal/config"
	"csl/internal/graph"
	"csl/internal/images/loader"
	"csl/internal/kernel/kerneltest"
	"csl/internal/loss"
	"csl/internal/model"
	"csl/internal/npy"
	"csl/internal/optim"
	"csl/internal/predict"
)

// goldenTolerance is that of training/*: Adam's first steps amplify the noise of float32.
const goldenTolerance = 1e-3

// goldenRun is testdata/golden/index.json.
type goldenRun struct {
	Training struct {
		Steps, Batch, Epochs int
		LR                   float64
		WeightDecay          float64 `json:"weight_decay"`
		StepsPerEpoch        int     `json:"steps_per_epoch"`
		EMA                  float64
		Loss                 struct {
			GammaPos   float64 `json:"gamma_pos"`
			GammaNeg   float64 `json:"gamma_neg"`
			GammaUnann float64 `json:"gamma_unann"`
			TopK       int     `json:"topk"`
			Mode       string
		}
		Losses []float64 `json:"losses_f64"`
	}
	Packed []struct {
		Key    string
		Offset int
		Shape  []int
	}
}

func goldenArray(t *testing.T, name string) *npy.Array {
	t.Helper()
	a, err := npy.ReadFile(filepath.Join("testdata", "golden", name+".npy"))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func readGoldenRun(t *testing.T) (g goldenRun) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "golden", "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// weights are those that the golden run starts from.
func (g *goldenRun) weights(t *testing.T) *model.Weights {
	t.Helper()
	spec, err := config.Model{Name: "tresnet_tiny"}.Spec(8)
	if err != nil {
		t.Fatal(err)
	}
	w, err := model.NewWeights(spec)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(g.Packed), len(w.Entries()); got != want {
		t.Fatalf("%d golden tensors for %d", got, want)
	}
	state := goldenArray(t, "state").F32
	for _, p := range g.Packed {
		n := 1
		for _, d := range p.Shape {
			n *= d
		}
		if err := w.Set(p.Key, p.Shape, state[p.Offset:p.Offset+n]); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// stepper is set up as make_goldens.py sets up PyTorch.
func (g *goldenRun) stepper(t *testing.T, be *graph.CPU) *stepper {
	t.Helper()
	r := g.Training
	lf, err := loss.Bind(loss.Config{
		Name: loss.Partial, Mode: r.Loss.Mode,
		GammaPos: r.Loss.GammaPos, GammaNeg: r.Loss.GammaNeg, GammaUnann: r.Loss.GammaUnann,
		AlphaPos: 1, AlphaNeg: 1, AlphaUnann: 1, TopK: r.Loss.TopK, LogClamp: 1e-8,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	cycle, err := optim.NewOneCycle(r.LR, r.StepsPerEpoch*r.Epochs, 0.2)
	if err != nil {
		t.Fatal(err)
	}
	o := optim.Defaults()
	o.WeightDecay, o.EMA = r.WeightDecay, &optim.EMA{Decay: r.EMA}
	l, err := newStepper(be, g.weights(t), lf, o, cycle, 64, 1, newRanks(nil))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// nhwc turns an NCHW array into NHWC.
func nhwc(a *npy.Array) []float32 {
	n, c, hw := a.Shape[0], a.Shape[1], a.Shape[2]*a.Shape[3]
	out := make([]float32, len(a.F32))
	for i := range n {
		for ch := range c {
			for p := range hw {
				out[(i*hw+p)*c+ch] = a.F32[(i*c+ch)*hw+p]
			}
		}
	}
	return out
}

// within fails unless max|got-want| <= tol * max(1e-3, max|want|).
func within(t *testing.T, what string, got, want []float32, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	most, off := 1e-3, 0.0
	for i, v := range want {
		most = max(most, math.Abs(float64(v)))
		if d := math.Abs(float64(got[i]) - float64(v)); d <= math.MaxFloat64 {
			off = max(off, d)
		} else {
			off = math.Inf(1)
		}
	}
	if off > tol*most {
		t.Errorf("%s: off by %.3g of its maximum %.3g, allowed %.3g", what, off/most, most, tol)
	}
}

func newCPU(t testing.TB, threads int) *graph.CPU {
	t.Helper()
	be, err := graph.NewCPU(threads, kerneltest.Best(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(be.Close)
	return be
}

func TestTrainingMatchesTheReference(t *testing.T) {
	g := readGoldenRun(t)
	be := newCPU(t, 2)
	l := g.stepper(t, be)
	x, y := nhwc(goldenArray(t, "x")), goldenArray(t, "labels").I32
	batch, sample := g.Training.Batch, 64*64*3
	all := len(x) / sample
	var got, want []float32
	for step := range g.Training.Steps {
		from := step * batch % all
		b := &loader.Batch{N: batch, Pix: x[from*sample : (from+batch)*sample]}
		for _, v := range y[from*8 : (from+batch)*8] {
			b.States = append(b.States, int8(v))
		}
		parts, err := l.learn(b, step, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := l.finish(step); err != nil {
			t.Fatal(err)
		}
		got, want = append(got, float32(parts.Total)), append(want, float32(g.Training.Losses[step]))
	}
	within(t, "losses", got, want, goldenTolerance)
	within(t, "final_logits", logitsOf(t, be, l.weights, x, all), goldenArray(t, "final_logits").F32, goldenTolerance)
	within(t, "ema_logits", logitsOf(t, be, l.average, x, all), goldenArray(t, "ema_logits").F32, goldenTolerance)
}

// logitsOf evaluates n images of 64x64.
func logitsOf(t *testing.T, be *graph.CPU, w *model.Weights, x []float32, n int) []float32 {
	t.Helper()
	r, err := predict.New(be, w, nil, n, 64, 64)
	if err != nil {
		t.Fatal(err)
	}
	logits, err := r.Logits(x, n)
	if err != nil {
		t.Fatal(err)
	}
	return logits
}
