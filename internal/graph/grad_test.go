package graph

import (
	"fmt"
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"csl/internal/kernel"
)

// opCase is one differentiable op on odd shapes.
type opCase struct {
	name   string
	shapes [][]int
	build  func(in []*G.Node) (*G.Node, error)
}

func abnCase(slope float64) opCase {
	return opCase{
		fmt.Sprintf("abn slope %g", slope),
		[][]int{{2, 3, 5, 3}, {3}, {3}},
		func(in []*G.Node) (*G.Node, error) {
			y, _, err := ABN(in[0], in[1], in[2], slope, nil)
			return y, err
		},
	}
}

func opCases() []opCase {
	one := func(f func(x *G.Node) (*G.Node, error)) func([]*G.Node) (*G.Node, error) {
		return func(in []*G.Node) (*G.Node, error) { return f(in[0]) }
	}
	two := func(f func(a, b *G.Node) (*G.Node, error)) func([]*G.Node) (*G.Node, error) {
		return func(in []*G.Node) (*G.Node, error) { return f(in[0], in[1]) }
	}
	activate := func(k kernel.Activation) func(*G.Node) (*G.Node, error) {
		return func(x *G.Node) (*G.Node, error) { return Activate(x, k) }
	}
	return []opCase{
		{"space to depth", [][]int{{2, 8, 12, 3}}, one(SpaceToDepth)},
		{"conv 3x3", [][]int{{2, 5, 7, 3}, {3, 3, 3, 5}}, two(Conv)},
		{"conv 3x3 on one pixel", [][]int{{2, 1, 1, 3}, {3, 3, 3, 2}}, two(Conv)},
		{"conv 1x1", [][]int{{2, 3, 5, 7}, {1, 1, 7, 3}}, two(Conv)},
		abnCase(0.01), abnCase(0.25), abnCase(1),
		{"blur pool even", [][]int{{1, 4, 6, 3}}, one(BlurPool)},
		{"blur pool odd", [][]int{{2, 5, 7, 2}}, one(BlurPool)},
		{"average pool even", [][]int{{1, 4, 6, 3}}, one(AvgPool)},
		{"average pool odd", [][]int{{2, 5, 3, 2}}, one(AvgPool)},
		{"global pool", [][]int{{3, 3, 5, 2}}, one(GlobalPool)},
		{"linear", [][]int{{3, 5}, {5, 7}, {7}}, func(in []*G.Node) (*G.Node, error) {
			return Linear(in[0], in[1], in[2], false)
		}},
		{"relu", [][]int{{3, 5}}, one(activate(kernel.ReLU))},
		{"sigmoid", [][]int{{2, 3, 1, 2}}, one(activate(kernel.Sigmoid))},
		{"scale", [][]int{{2, 3, 5, 3}, {2, 3}}, two(ScaleChannels)},
		{"scale of an abn", [][]int{{2, 3, 5, 3}, {3}, {3}, {2, 3}}, func(in []*G.Node) (*G.Node, error) {
			y, _, err := ABN(in[0], in[1], in[2], 1, nil)
			if err != nil {
				return nil, err
			}
			return ScaleChannels(y, in[3])
		}},
		{"scale add relu", [][]int{{2, 3, 5, 3}, {2, 3}, {2, 3, 5, 3}}, func(in []*G.Node) (*G.Node, error) {
			return ScaleAddReLU(in[0], in[1], in[2])
		}},
		{"abn add relu", [][]int{{2, 3, 5, 3}, {3}, {3}, {2, 3, 5, 3}}, func(in []*G.Node) (*G.Node, error) {
			y, _, err := ABNAddReLU(in[0], in[1], in[2], in[3], nil)
			return y, err
		}},
		{"add relu", [][]int{{2, 3, 5, 2}, {2, 3, 5, 2}}, two(AddReLU)},
		{"used twice", [][]int{{2, 4, 5, 3}, {3, 3, 3, 3}}, func(in []*G.Node) (*G.Node, error) {
			y, err := Conv(in[0], in[1])
			if err != nil {
				return nil, err
			}
			return AddReLU(y, in[0])
		}},
	}
}

// differentiated is an op in a graph with its gradients by all inputs.
type differentiated struct {
	in    []*G.Node
	out   *G.Node
	seed  *G.Node
	grads []*G.Node
	m     *Machine
	v     values
}

func differentiate(t *testing.T, c opCase, dt tensor.Dtype) *differentiated {
	t.Helper()
	g := newGraph(t, dt)
	d := &differentiated{v: values{}}
	for i, s := range c.shapes {
		n, err := g.Input(fmt.Sprint("in", i), s...)
		d.in = append(d.in, must(t, n, err))
		d.v[n] = normals(uint64(i)+1, n.Shape().TotalSize())
	}
	out, err := c.build(d.in)
	d.out = must(t, out, err)
	d.seed, err = g.Input("seed", out.Shape()...)
	must(t, d.seed, err)
	d.v[d.seed] = normals(77, out.Shape().TotalSize())
	if d.grads, err = Gradients(out, d.seed, d.in); err != nil {
		t.Fatal(err)
	}
	be := newBackend(t, 2)
	d.m = newMachine(t, be, g, nil, append([]*G.Node{out}, d.grads...)...)
	bind(t, be, d.m, d.v)
	run(t, d.m)
	return d
}

// objective is the sum of seed*out with element i of input n moved by h.
func (d *differentiated) objective(t *testing.T, n *G.Node, i int, h float64) float64 {
	t.Helper()
	moved := append([]float64(nil), d.v[n]...)
	moved[i] += h
	if err := d.m.bound[n].Write64(moved); err != nil {
		t.Fatal(err)
	}
	run(t, d.m)
	sum := 0.0
	for k, y := range read(t, d.m, d.out) {
		sum += y * d.v[d.seed][k]
	}
	return sum
}

func TestSymbolicGradientsMatchNumericOnes(t *testing.T) {
	const h = 1e-5
	for _, c := range opCases() {
		t.Run(c.name, func(t *testing.T) {
			d := differentiate(t, c, tensor.Float64)
			symbolic := readAll(t, d.m, d.grads)
			for k, n := range d.in {
				numeric := make([]float64, len(d.v[n]))
				for i := range numeric {
					numeric[i] = (d.objective(t, n, i, h) - d.objective(t, n, i, -h)) / (2 * h)
				}
				if err := d.m.bound[n].Write64(d.v[n]); err != nil {
					t.Fatal(err)
				}
				if r := relative(symbolic[k], numeric); !(r < 1e-6) {
					t.Errorf("gradient by input %d is off by %.2g of its maximum", k, r)
				}
			}
		})
	}
}

func TestFloat32AgreesWithFloat64(t *testing.T) {
	for _, c := range opCases() {
		t.Run(c.name, func(t *testing.T) {
			single, double := differentiate(t, c, tensor.Float32), differentiate(t, c, tensor.Float64)
			nodes := append([]*G.Node{double.out}, double.grads...)
			for i, n := range append([]*G.Node{single.out}, single.grads...) {
				if r := relative(read(t, single.m, n), read(t, double.m, nodes[i])); !(r < 1e-4) {
					t.Errorf("result %d is off by %.2g of its maximum", i, r)
				}
			}
		})
	}
}

func TestFusedOpsEqualTheirParts(t *testing.T) {
	be := newBackend(t, 2)
	g := newGraph(t, tensor.Float64)
	v := values{}
	in := func(name string, shape ...int) *G.Node {
		n, err := g.Input(name, shape...)
		must(t, n, err)
		v[n] = normals(uint64(len(v))+1, n.Shape().TotalSize())
		return n
	}
	ok := func(n *G.Node, err error) *G.Node { t.Helper(); return must(t, n, err) }
	x, w, bias, residual, factors := in("x", 2, 5, 3, 4), in("w", 3, 3, 4, 6), in("bias", 6), in("r", 2, 5, 3, 6), in("s", 2, 6)
	// The bias as a norm: |1-eps|+eps over sqrt(1-eps+eps) is 1.
	one, zero, gain := in("one", 6), in("zero", 6), in("gain", 6)
	for i := range 6 {
		v[one][i], v[zero][i], v[gain][i] = 1-kernel.ABNEps, 0, 1-kernel.ABNEps
	}
	conv := ok(Conv(x, w))
	plus := func(slope float64) *G.Node { return ok(ABNEval(conv, zero, one, gain, bias, slope)) }
	pairs := [][2]*G.Node{
		{ok(ConvFused(x, w, FusedOptions{Slope: 1})), conv},
		{ok(ConvFused(x, w, FusedOptions{Bias: bias, Slope: 0.1})), plus(0.1)},
		{ok(ConvFused(x, w, FusedOptions{Bias: bias, Residual: residual, Slope: 0})), ok(AddReLU(plus(1), residual))},
		{ok(ScaleAddReLU(residual, factors, residual)), ok(AddReLU(ok(ScaleChannels(residual, factors)), residual))},
	}
	var keep []*G.Node
	for _, p := range pairs {
		keep = append(keep, p[:]...)
	}
	m := newMachine(t, be, g, nil, keep...)
	bind(t, be, m, v)
	run(t, m)
	for i, p := range pairs {
		if r := relative(read(t, m, p[0]), read(t, m, p[1])); !(r < 1e-12) {
			t.Errorf("pair %d differs by %g", i, r)
		}
	}
}

func TestABNEvalNormalisesWithRunningStatistics(t *testing.T) {
	const c = 5
	be := newBackend(t, 2)
	g := newGraph(t, tensor.Float64)
	v := values{}
	var in []*G.Node
	for i, s := range [][]int{{2, 3, 7, c}, {c}, {c}, {c}, {c}} {
		n, err := g.Input(fmt.Sprint("in", i), s...)
		in = append(in, must(t, n, err))
		v[n] = normals(uint64(i)+1, n.Shape().TotalSize())
	}
	z, mean, variance, gamma, beta := v[in[0]], v[in[1]], v[in[2]], v[in[3]], v[in[4]]
	for i := range variance {
		variance[i] *= variance[i]
	}
	want := make([]float64, len(z))
	for i := range z {
		k := i % c
		y := (math.Abs(gamma[k])+1e-5)*(z[i]-mean[k])/math.Sqrt(variance[k]+1e-5) + beta[k]
		want[i] = max(y, 0.1*y)
	}
	y, err := ABNEval(in[0], in[1], in[2], in[3], in[4], 0.1)
	must(t, y, err)
	m := newMachine(t, be, g, nil, y)
	bind(t, be, m, v)
	run(t, m)
	if r := relative(read(t, m, y), want); !(r < 1e-14) {
		t.Errorf("off by %g", r)
	}
}
