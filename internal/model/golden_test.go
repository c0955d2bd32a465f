package model

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"csl/internal/graph"
	"csl/internal/kernel/kerneltest"
	"csl/internal/loss"
	"csl/internal/loss/lossgraph"
	"csl/internal/npy"
)

// golden is one model of testdata.
type golden struct {
	Config struct {
		Layers     []int
		Planes     int
		StemSlope  float64 `json:"stem_slope"`
		Slope      float64
		Kinds      []BlockKind
		HeadHidden int `json:"head_hidden"`
		NumClasses int `json:"num_classes"`
	}
	Loss struct {
		Mode           string
		GammaPos       float64 `json:"gamma_pos"`
		GammaNeg       float64 `json:"gamma_neg"`
		GammaUnann     float64 `json:"gamma_unann"`
		AlphaPos       float64 `json:"alpha_pos"`
		AlphaNeg       float64 `json:"alpha_neg"`
		AlphaUnann     float64 `json:"alpha_unann"`
		Clip           float64
		TopK           int     `json:"topk"`
		PriorThreshold float64 `json:"prior_threshold"`
	}
	TrainLoss    float64 `json:"train_loss_f64"`
	State        []tensorKey
	TrainRunning []tensorKey `json:"train_running"`
	TrainGrads   []tensorKey `json:"train_grads"`
	dir          string
}

// tensorKey is the JSON pair [name, shape].
type tensorKey struct {
	name  string
	shape []int
}

func (k *tensorKey) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&k.name, &k.shape})
}

// goldens runs f for every golden model.
func goldens(t *testing.T, f func(t *testing.T, g *golden)) {
	b, err := os.ReadFile("testdata/index.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]*golden
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 3 {
		t.Fatalf("%d golden models", len(all))
	}
	for name, g := range all {
		g.dir = filepath.Join("testdata", name)
		t.Run(name, func(t *testing.T) { f(t, g) })
	}
}

func readArray(t *testing.T, path string) *npy.Array {
	t.Helper()
	a, err := npy.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (g *golden) array(t *testing.T, name string) *npy.Array {
	t.Helper()
	return readArray(t, filepath.Join(g.dir, name+".npy"))
}

func (g *golden) spec() Spec {
	c := g.Config
	s := Spec{
		Name: "golden", Stages: c.Layers, Planes: c.Planes, Kinds: c.Kinds, StemSlope: c.StemSlope, Slope: c.Slope,
		Head: PlainHead, NumClasses: c.NumClasses,
	}
	if c.HeadHidden > 0 {
		s.Head, s.HeadHidden = BottleneckHead, c.HeadHidden
	}
	return s
}

// weights loads the golden state, each value changed by f if there is one.
func (g *golden) weights(t *testing.T, f func(float32) float32) *Weights {
	t.Helper()
	w, err := NewWeights(g.spec())
	if err != nil {
		t.Fatal(err)
	}
	data := g.array(t, "state").F32
	for _, k := range g.State {
		n := size(k.shape)
		values := append([]float32(nil), data[:n]...)
		data = data[n:]
		for i, v := range values {
			if f != nil {
				values[i] = f(v)
			}
		}
		if err := w.Set(k.name, k.shape, values); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (g *golden) lossFunc(t *testing.T) LossFunc {
	t.Helper()
	l := g.Loss
	c := loss.Config{
		Name: loss.Partial, Mode: l.Mode, GammaPos: l.GammaPos, GammaNeg: l.GammaNeg, GammaUnann: l.GammaUnann,
		AlphaPos: l.AlphaPos, AlphaNeg: l.AlphaNeg, AlphaUnann: l.AlphaUnann, Clip: l.Clip, TopK: l.TopK,
		PriorThreshold: l.PriorThreshold, LogClamp: 1e-8,
	}
	f, err := lossgraph.Build(c, g.array(t, "prior").F32)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// nhwc turns an NCHW array into NHWC.
func nhwc(a *npy.Array) (n, h, w int, out []float32) {
	n, c, h, w := a.Shape[0], a.Shape[1], a.Shape[2], a.Shape[3]
	out = make([]float32, len(a.F32))
	for i := range n {
		for ch := range c {
			for p := range h * w {
				out[(i*h*w+p)*c+ch] = a.F32[(i*c+ch)*h*w+p]
			}
		}
	}
	return n, h, w, out
}

// within fails unless max|got-want| <= tol * max(1e-3, max|want|).
func within(t *testing.T, what string, got, want []float32, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	most, dev := 1e-3, 0.0
	for i, v := range want {
		most = max(most, math.Abs(float64(v)))
		d := math.Abs(float64(got[i]) - float64(v))
		if math.IsNaN(d) {
			d = math.Inf(1)
		}
		dev = max(dev, d)
	}
	if dev > tol*most {
		t.Errorf("%s: off by %.3g of its maximum %.3g, allowed %.3g", what, dev/most, most, tol)
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

// forwardNet is what EvalNet and InferNet have in common.
type forwardNet interface {
	Input() []float32
	Run() error
	Logits() ([]float32, error)
	Stage(name string) ([]float32, []int, error)
}

// forwardNets runs f with an unfolded and with a folded net.
func forwardNets(t *testing.T, w *Weights, x *npy.Array, f func(t *testing.T, n forwardNet)) {
	be := newCPU(t, 2)
	batch, height, width, pixels := nhwc(x)
	o := Options{Batch: batch, Height: height, Width: width, KeepStages: true}
	eval, err := NewEvalNet(be, w, o)
	if err != nil {
		t.Fatal(err)
	}
	infer, err := NewInferNet(be, w, o)
	if err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]forwardNet{"unfolded": eval, "folded": infer} {
		t.Run(name, func(t *testing.T) {
			copy(n.Input(), pixels)
			if err := n.Run(); err != nil {
				t.Fatal(err)
			}
			f(t, n)
		})
	}
}

func logitsOf(t *testing.T, n forwardNet) []float32 {
	t.Helper()
	l, err := n.Logits()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestEntriesAreTheStateDictOfTheReference(t *testing.T) {
	goldens(t, func(t *testing.T, g *golden) {
		w := g.weights(t, nil)
		if len(w.Entries()) != len(g.State) {
			t.Fatalf("%d tensors, want %d", len(w.Entries()), len(g.State))
		}
		data := g.array(t, "state").F32
		for i, e := range w.Entries() {
			if e.Name != g.State[i].name || fmt.Sprint(e.Shape) != fmt.Sprint(g.State[i].shape) {
				t.Errorf("tensor %d is %s %v, want %s %v", i, e.Name, e.Shape, g.State[i].name, g.State[i].shape)
			}
			_, got, ok := w.Get(e.Name)
			if !ok {
				t.Fatalf("no tensor %q", e.Name)
			}
			within(t, e.Name, got, data[:e.Size()], 0)
			data = data[e.Size():]
		}
	})
}

func TestEvaluationLogitsMatchTheReference(t *testing.T) {
	x, odd := readArray(t, "testdata/x.npy"), readArray(t, "testdata/x_odd.npy")
	goldens(t, func(t *testing.T, g *golden) {
		w := g.weights(t, nil)
		forwardNets(t, w, x, func(t *testing.T, n forwardNet) {
			within(t, "logits", logitsOf(t, n), g.array(t, "eval_logits").F32, 1e-4)
			features, _, err := n.Stage("features")
			if err != nil {
				t.Fatal(err)
			}
			within(t, "features", features, g.array(t, "eval_features").F32, 1e-4)
		})
		forwardNets(t, w, odd, func(t *testing.T, n forwardNet) {
			within(t, "logits of odd maps", logitsOf(t, n), g.array(t, "eval_logits_odd").F32, 1e-4)
		})
	})
}

func TestStagesMatchTheReference(t *testing.T) {
	x := readArray(t, "testdata/x.npy")
	x.Shape[0], x.F32 = 1, x.F32[:len(x.F32)/8]
	goldens(t, func(t *testing.T, g *golden) {
		forwardNets(t, g.weights(t, nil), x, func(t *testing.T, n forwardNet) {
			for _, stage := range []string{"SpaceToDepth", "conv1", "layer1", "layer2", "layer3", "layer4"} {
				got, _, err := n.Stage(stage)
				if err != nil {
					t.Fatal(err)
				}
				_, _, _, want := nhwc(g.array(t, "stage_"+stage))
				within(t, stage, got, want, 1e-4)
			}
		})
	})
}

func TestHalfPrecisionCheckpointGivesTheLogitsOfTheReference(t *testing.T) {
	x := readArray(t, "testdata/x.npy")
	goldens(t, func(t *testing.T, g *golden) {
		forwardNets(t, g.weights(t, throughHalf), x, func(t *testing.T, n forwardNet) {
			within(t, "logits", logitsOf(t, n), g.array(t, "eval_logits_half").F32, 1e-4)
		})
	})
}

// throughHalf rounds v to the nearest float16, ties to even.
func throughHalf(v float32) float32 {
	if v == 0 {
		return v
	}
	exponent := max(math.Ilogb(float64(v)), -14)
	unit := math.Ldexp(1, exponent-10)
	return float32(math.RoundToEven(float64(v)/unit) * unit)
}

// trainOnce runs one training step of a golden model.
func trainOnce(t *testing.T, g *golden, w *Weights, double bool) *TrainNet {
	t.Helper()
	batch, height, width, pixels := nhwc(readArray(t, "testdata/x.npy"))
	n, err := NewTrainNet(newCPU(t, 2), w, Options{Batch: batch, Height: height, Width: width, Float64: double, KeepGradients: true}, g.lossFunc(t))
	if err != nil {
		t.Fatal(err)
	}
	copy(n.Input(), pixels)
	for i, v := range g.array(t, "labels").I32 {
		n.Labels()[i] = float32(v)
	}
	if err := n.Forward(); err != nil {
		t.Fatal(err)
	}
	if err := n.Backward(nil); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTrainingStepMatchesTheReference(t *testing.T) {
	goldens(t, func(t *testing.T, g *golden) {
		for _, double := range []bool{false, true} {
			t.Run(fmt.Sprintf("float64=%v", double), func(t *testing.T) { checkTrainingStep(t, g, double) })
		}
	})
}

func checkTrainingStep(t *testing.T, g *golden, double bool) {
	w := g.weights(t, nil)
	n := trainOnce(t, g, w, double)
	tol := 1e-4
	if double { // the goldens are float32: half a unit in the last place of the largest value
		tol = 2e-7
	}
	logits, err := n.Logits()
	if err != nil {
		t.Fatal(err)
	}
	within(t, "logits", logits, g.array(t, "train_logits").F32, tol)
	parts, err := n.LossTerms()
	if err != nil {
		t.Fatal(err)
	}
	within(t, "loss", []float32{float32(parts[0])}, []float32{float32(g.TrainLoss)}, tol)
	grads, err := n.Grads()
	if err != nil {
		t.Fatal(err)
	}
	want := g.array(t, "train_grads").F32
	for i, p := range w.Params() {
		e := w.entries[w.index[p.Name]]
		if g.TrainGrads[i].name != p.Name {
			t.Fatalf("parameter %d is %s, want %s", i, p.Name, g.TrainGrads[i].name)
		}
		got := make([]float32, e.Size())
		toCheckpoint(e, got, grads[i])
		within(t, "gradient of "+p.Name, got, want[:e.Size()], tol)
		want = want[e.Size():]
	}
	if err := n.UpdateRunning(); err != nil {
		t.Fatal(err)
	}
	running := g.array(t, "train_running").F32
	for _, k := range g.TrainRunning {
		_, got, _ := w.Get(k.name)
		within(t, k.name, got, running[:len(got)], max(tol, 2e-7))
		running = running[len(got):]
	}
	if c, ok := w.Count("body.conv1.1.num_batches_tracked"); !ok || c != 1 {
		t.Errorf("%d batches were counted", c)
	}
}
