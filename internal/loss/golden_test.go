package loss

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"csl/internal/kernel/kerneltest"
	"csl/internal/npy"
)

// reference is what the reference's clamped logarithms need.
const reference = 1e-8

// goldens are the arrays and cases of testdata.
type goldens struct {
	rows, classes                      int
	logits, labels, prior              []float32
	grads, aslLabels, aslGrads, sgGrad []float32
	targets                            []int
	index                              struct {
		Loss struct {
			Cases []lossCase `json:"cases"`
		} `json:"loss"`
		ASL struct {
			Cases []aslCase `json:"cases"`
		} `json:"asl"`
		Single struct {
			Cases []singleCase `json:"cases"`
		} `json:"asl_single_label"`
	}
}

type lossCase struct {
	Mode           string  `json:"mode"`
	GammaPos       float64 `json:"gamma_pos"`
	GammaNeg       float64 `json:"gamma_neg"`
	GammaUnann     float64 `json:"gamma_unann"`
	AlphaPos       float64 `json:"alpha_pos"`
	AlphaNeg       float64 `json:"alpha_neg"`
	AlphaUnann     float64 `json:"alpha_unann"`
	Clip           float64 `json:"clip"`
	TopK           int     `json:"topk"`
	UsePrior       bool    `json:"use_prior"`
	PriorThreshold float64 `json:"prior_threshold"`
	Loss           float64 `json:"loss"`
	Grad           int     `json:"grad"`
}

type aslCase struct {
	GammaNeg    float64 `json:"gamma_neg"`
	GammaPos    float64 `json:"gamma_pos"`
	Clip        float64 `json:"clip"`
	Eps         float64 `json:"eps"`
	DetachFocus bool    `json:"detach_focus"`
	Loss        float64 `json:"loss"`
	Grad        int     `json:"grad"`
}

type singleCase struct {
	GammaPos  float64   `json:"gamma_pos"`
	GammaNeg  float64   `json:"gamma_neg"`
	Eps       float64   `json:"eps"`
	Reduction string    `json:"reduction"`
	Loss      []float64 `json:"loss"`
	Grad      int       `json:"grad"`
}

func loadGoldens(t testing.TB) *goldens {
	t.Helper()
	read := func(name string) *npy.Array {
		a, err := npy.ReadFile("testdata/" + name + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	floats := func(name string) []float32 {
		a := read(name)
		if a.F32 != nil {
			return a.F32
		}
		f := make([]float32, len(a.I32))
		for i, v := range a.I32 {
			f[i] = float32(v)
		}
		return f
	}
	shape := read("logits").Shape
	g := &goldens{
		rows: shape[0], classes: shape[1],
		logits: floats("logits"), labels: floats("labels"), prior: floats("prior"),
		grads: floats("grads"), aslLabels: floats("asl_labels"), aslGrads: floats("asl_grads"),
		sgGrad: floats("single_grads"),
	}
	for _, v := range read("single_targets").I32 {
		g.targets = append(g.targets, int(v))
	}
	b, err := os.ReadFile("testdata/index.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &g.index); err != nil {
		t.Fatal(err)
	}
	if len(g.index.Loss.Cases) != 252 || len(g.index.ASL.Cases) != 24 || len(g.index.Single.Cases) != 16 {
		t.Fatal("testdata/index.json lacks cases")
	}
	return g
}

func (c lossCase) config(prior []float32) (Config, []float32) {
	if !c.UsePrior {
		prior = nil
	}
	return Config{
		Name: Partial, Mode: c.Mode, GammaPos: c.GammaPos, GammaNeg: c.GammaNeg, GammaUnann: c.GammaUnann,
		AlphaPos: c.AlphaPos, AlphaNeg: c.AlphaNeg, AlphaUnann: c.AlphaUnann, Clip: c.Clip, TopK: c.TopK,
		PriorThreshold: c.PriorThreshold,
	}, prior
}

// within checks max|a-b| <= tol * max(1e-3, max|want|).
func within[A, B float32 | float64](t testing.TB, what string, got []A, want []B, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	worst, at, top := 0.0, 0, 1e-3
	for i := range got {
		d := math.Abs(float64(got[i]) - float64(want[i]))
		if d > worst || d != d {
			worst, at = d, i
		}
		top = max(top, math.Abs(float64(want[i])))
	}
	if !(worst <= tol*top) {
		t.Errorf("%s: element %d is %v, want %v (%.2g of the largest, tolerance %.2g)", what, at, got[at], want[at], worst/top, tol)
	}
}

// goldenTol is tighter than the 1e-4 of the parity document; the goldens are float32.
const goldenTol = 2e-6

func TestPartialLossMatchesTheReferenceWithClampedLogs(t *testing.T) {
	g := loadGoldens(t)
	n := len(g.logits)
	for i, c := range g.index.Loss.Cases {
		cfg, prior := c.config(g.prior)
		cfg.LogClamp = reference
		e, err := New[float32](kerneltest.Best(t), cfg, prior, g.rows, g.classes)
		if err != nil {
			t.Fatal(err)
		}
		grad := make([]float32, n)
		p := e.Run(nil, g.logits, g.labels, grad)
		name := fmt.Sprintf("case %d %+v", i, c)
		within(t, name+" loss", []float64{p.Total}, []float64{c.Loss}, goldenTol)
		within(t, name+" gradient", grad, g.grads[c.Grad*n:(c.Grad+1)*n], goldenTol)
	}
}

func TestClampedLogsZeroTheGradientOfConfidentErrors(t *testing.T) {
	for _, c := range []struct{ clamp, x, y, want float32 }{
		{reference, -20, 1, 0}, {reference, 20, 0, 0}, {reference, 20, -1, 0}, {0, -20, 1, -1}, {0, 20, 0, 1}, {0, 20, -1, 1},
	} {
		cfg := Defaults()
		cfg.LogClamp = float64(c.clamp)
		e, err := New[float32](kerneltest.Best(t), cfg, nil, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		grad := []float32{7}
		e.Run(nil, []float32{c.x}, []float32{c.y}, grad)
		if math.Abs(float64(grad[0]-c.want)) > 1e-6 {
			t.Errorf("clamp %v, logit %v, label %v: gradient %v, want %v", c.clamp, c.x, c.y, grad[0], c.want)
		}
	}
}

func TestAsymmetricLossMatchesTheReferenceWithClampedLogs(t *testing.T) {
	g := loadGoldens(t)
	n := len(g.logits)
	for i, c := range g.index.ASL.Cases {
		o := ASLOptions{c.GammaNeg, c.GammaPos, c.Clip, c.Eps, c.DetachFocus}
		p, grad, err := AsymmetricLoss(kerneltest.Best(t), o, g.logits, g.aslLabels, g.rows, g.classes)
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("case %d %+v", i, c)
		within(t, name+" loss", []float64{p.Total}, []float64{c.Loss}, goldenTol)
		within(t, name+" gradient", grad, g.aslGrads[c.Grad*n:(c.Grad+1)*n], goldenTol)
	}
}

func TestSingleLabelLossMatchesTheReference(t *testing.T) {
	g := loadGoldens(t)
	n := len(g.logits)
	for i, c := range g.index.Single.Cases {
		losses, grad := make([]float32, g.rows), make([]float32, n)
		o := SingleOptions{c.GammaPos, c.GammaNeg, c.Eps}
		if err := ASLSingleLabel(o, g.logits, g.targets, losses, grad); err != nil {
			t.Fatal(err)
		}
		got := make([]float64, g.rows)
		for r, v := range losses {
			got[r] = float64(v)
		}
		if c.Reduction == "mean" {
			sum := 0.0
			for _, v := range got {
				sum += v / float64(g.rows)
			}
			got = []float64{sum}
			for k := range grad {
				grad[k] /= float32(g.rows)
			}
		}
		name := fmt.Sprintf("case %d %+v", i, c)
		within(t, name+" loss", got, c.Loss, goldenTol)
		within(t, name+" gradient", grad, g.sgGrad[c.Grad*n:(c.Grad+1)*n], goldenTol)
	}
}

func TestUnclampedLossAtTheGoldenPointsEqualsADoublePrecisionEvaluation(t *testing.T) {
	g := loadGoldens(t)
	x, y := widen(g.logits), widen(g.labels)
	for i, c := range g.index.Loss.Cases {
		cfg, prior := c.config(g.prior)
		e, err := New[float32](kerneltest.Best(t), cfg, prior, g.rows, g.classes)
		if err != nil {
			t.Fatal(err)
		}
		grad := make([]float32, len(x))
		p := e.Run(nil, g.logits, g.labels, grad)
		drop := naiveDropped(e.spec, g.logits, g.labels, g.classes)
		name := fmt.Sprintf("case %d %+v", i, c)
		within(t, name+" loss", []float64{p.Total}, []float64{naive(e.spec, x, x, y, drop, g.classes)}, 1e-6)
		within(t, name+" gradient", grad, numericGradient(e.spec, x, y, drop, g.classes, true), goldenTol)
	}
}
