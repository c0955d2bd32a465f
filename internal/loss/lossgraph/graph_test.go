package lossgraph

import (
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"csl/internal/graph"
	"csl/internal/kernel/kerneltest"
	"csl/internal/loss"
)

// lossGraph is a loss on input nodes, its gradient, and a machine that runs them.
type lossGraph struct {
	machine      *graph.Machine
	value, grad  *G.Node
	logits, seed graph.Buffer
}

func newLossGraph(t *testing.T, dt tensor.Dtype, build func(x, y *G.Node) (*G.Node, error), rows, classes int, x, y []float64) *lossGraph {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	g, err := graph.New(dt)
	must(err)
	logits, err := g.Input("logits", rows, classes)
	must(err)
	labels, err := g.Input("labels", rows, classes)
	must(err)
	seed, err := g.Input("seed", loss.TermCount)
	must(err)
	l := &lossGraph{}
	l.value, err = build(logits, labels)
	must(err)
	grads, err := graph.Gradients(l.value, seed, G.Nodes{logits})
	must(err)
	l.grad = grads[0]
	plan, err := graph.NewPlan(g, l.value, l.grad)
	must(err)
	cpu, err := graph.NewCPU(2, kerneltest.Best(t))
	must(err)
	t.Cleanup(cpu.Close)
	l.machine, err = graph.NewMachine(cpu, plan, nil)
	must(err)
	input := func(n *G.Node, v []float64) graph.Buffer {
		b, err := cpu.Alloc(dt, len(v))
		must(err)
		must(b.Write64(v))
		must(l.machine.Bind(n, b))
		return b
	}
	l.logits = input(logits, x)
	input(labels, y)
	l.seed = input(seed, slices.Concat([]float64{1}, make([]float64, loss.TermCount-1)))
	return l
}

// run returns the loss vector and the gradient.
func (l *lossGraph) run(t *testing.T) (terms, grad []float64) {
	t.Helper()
	if err := l.machine.RunAll(); err != nil {
		t.Fatal(err)
	}
	read := func(n *G.Node) []float64 {
		b, err := l.machine.Buffer(n)
		if err != nil {
			t.Fatal(err)
		}
		v := make([]float64, b.Len())
		if err := b.Read64(v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	return read(l.value), read(l.grad)
}

func TestGraphGivesWhatThePlainFunctionGives(t *testing.T) {
	const rows, classes = 6, 23
	logits, labels := sample(11, rows*classes, 3, 0.6)
	prior := make([]float32, classes)
	prior[4], prior[9] = 0.6, 0.9
	for _, name := range []string{loss.Partial, loss.Asymmetric, loss.AsymmetricOptimized} {
		for _, mode := range loss.Modes() {
			c := loss.Defaults()
			c.Name, c.Mode, c.PriorThreshold, c.TopK = name, mode, 0.5, 2
			if c.Validate() != nil {
				continue
			}
			build, err := Build(c, prior)
			if err != nil {
				t.Fatal(err)
			}
			e, err := loss.New[float32](kerneltest.Best(t), c, prior, rows, classes)
			if err != nil {
				t.Fatal(err)
			}
			want := make([]float32, len(logits))
			p := e.Run(nil, logits, labels, want)
			vector := make([]float32, loss.TermCount)
			loss.PutTerms(vector, p)
			l := newLossGraph(t, tensor.Float32, build, rows, classes, widen(logits), widen(labels))
			for range 2 { // the second run must not see the first
				terms, grad := l.run(t)
				if !slices.Equal(terms, widen(vector)) || !slices.Equal(grad, widen(want)) {
					t.Errorf("%s %s: graph gives %v, plain function %v, or gradients differ", name, mode, terms, vector)
				}
			}
		}
	}
}

func TestGradientSeedScalesTheGradient(t *testing.T) {
	logits, labels := sample(12, 12, 3, 0.5)
	build, err := Build(loss.Defaults(), nil)
	if err != nil {
		t.Fatal(err)
	}
	l := newLossGraph(t, tensor.Float64, build, 3, 4, widen(logits), widen(labels))
	_, one := l.run(t)
	seed := slices.Repeat([]float64{9}, loss.TermCount)
	seed[loss.TermTotal] = 0.25
	if err := l.seed.Write64(seed); err != nil {
		t.Fatal(err)
	}
	_, quarter := l.run(t)
	for i := range one {
		if quarter[i] != one[i]/4 || one[i] == 0 {
			t.Errorf("cell %d: gradient %v at seed 1/4, %v at 1", i, quarter[i], one[i])
		}
	}
}

func TestGraphGradientEqualsTheNumericOne(t *testing.T) {
	const rows, classes = 3, 7
	logits, labels := sample(13, rows*classes, 2, 0.4)
	x := widen(logits)
	// In these forms the gradient is that of the value: nothing is held constant.
	asl := loss.Defaults()
	asl.Name, asl.Clip, asl.GammaPos, asl.GammaNeg = loss.AsymmetricOptimized, 0.05, 1, 4
	plain := loss.Defaults()
	plain.GammaNeg, plain.GammaUnann, plain.AlphaUnann = 0, 0, 0.5
	one := loss.Defaults()
	one.Name, one.GammaPos, one.GammaNeg = loss.SingleLabel, 1, 3
	for _, c := range []loss.Config{asl, plain, one} {
		build, err := Build(c, nil)
		if err != nil {
			t.Fatal(err)
		}
		l := newLossGraph(t, tensor.Float64, build, rows, classes, x, widen(labels))
		_, grad := l.run(t)
		want := make([]float64, len(x))
		for i := range x {
			const h = 1e-5
			at := func(v float64) float64 {
				moved := slices.Clone(x)
				moved[i] = v
				if err := l.logits.Write64(moved); err != nil {
					t.Fatal(err)
				}
				terms, _ := l.run(t)
				return terms[loss.TermTotal]
			}
			want[i] = (at(x[i]+h) - at(x[i]-h)) / (2 * h)
		}
		within(t, c.Name, grad, want, 1e-7)
	}
}

func TestSingleLabelGraphAveragesOverImagesWithATarget(t *testing.T) {
	logits, _ := sample(14, 12, 2, 0)
	labels := []float32{
		0, 1, 0, 0,
		0, -1, 0, 0, // no target
		-1, 0, 1, 1, // the first one counts
	}
	bound, err := loss.BindSingle(loss.DefaultSingle())
	if err != nil {
		t.Fatal(err)
	}
	terms, grad := newLossGraph(t, tensor.Float64, func(x, y *G.Node) (*G.Node, error) { return Add(bound, x, y) }, 3, 4, widen(logits), widen(labels)).run(t)
	x := slices.Concat(widen(logits[:4]), widen(logits[8:]))
	losses, want := make([]float64, 2), make([]float64, 8)
	if err := loss.ASLSingleLabel(loss.DefaultSingle(), x, []int{1, 2}, losses, want); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		want[i] /= 2
	}
	within(t, "loss", terms[:1], []float64{(losses[0] + losses[1]) / 2}, 1e-12)
	within(t, "gradient", slices.Concat(grad[:4], grad[8:]), want, 1e-12)
	if !slices.Equal(grad[4:8], make([]float64, 4)) {
		t.Errorf("gradient %v of an image without a target", grad[4:8])
	}
	if p := loss.TermsOf(terms); p.Positives != 3 || p.Negatives != 7 || p.Unknowns != 2 {
		t.Errorf("terms %+v", p)
	}
}

func TestGraphRefusesAPriorOfOtherClasses(t *testing.T) {
	c := loss.Defaults()
	c.Mode = loss.Selective
	build, err := Build(c, make([]float32, 5))
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.New(tensor.Float32)
	if err != nil {
		t.Fatal(err)
	}
	x, _ := g.Input("x", 2, 4)
	y, _ := g.Input("y", 2, 4)
	if _, err := build(x, y); err == nil || !strings.Contains(err.Error(), "prior of 5 classes") {
		t.Errorf("error %v", err)
	}
	v, _ := g.Input("v", 4)
	for name, in := range map[string][2]*G.Node{"a vector": {v, v}, "labels of another shape": {x, v}} {
		build, _ := Build(loss.Defaults(), nil)
		if _, err := build(in[0], in[1]); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
