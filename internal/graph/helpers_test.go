package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"csl/internal/kernel"
	"csl/internal/kernel/kerneltest"
)

// must unwraps the result of building a node.
func must(t testing.TB, n *G.Node, err error) *G.Node {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func newGraph(t testing.TB, dt tensor.Dtype) *Graph {
	t.Helper()
	g, err := New(dt)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func newBackend(t testing.TB, threads int) *CPU {
	t.Helper()
	be, err := NewCPU(threads, kerneltest.Best(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(be.Close)
	return be
}

func newMachine(t testing.TB, be Backend, g *Graph, arena *Arena, keep ...*G.Node) *Machine {
	t.Helper()
	p, err := NewPlan(g, keep...)
	if err != nil {
		t.Fatal(err)
	}
	m, err := NewMachine(be, p, arena)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// values are the contents of the inputs of a graph.
type values map[*G.Node][]float64

// normals returns n fixed pseudo-random numbers.
func normals(seed uint64, n int) []float64 {
	r := rand.New(rand.NewPCG(seed, 7))
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(float32(r.NormFloat64()))
	}
	return v
}

// bind gives every input that the machine needs a buffer with its values.
func bind(t testing.TB, be Backend, m *Machine, v values) {
	t.Helper()
	for _, n := range m.plan.inputs {
		b, err := be.Alloc(m.plan.dt, n.Shape().TotalSize())
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Write64(v[n]); err != nil {
			t.Fatalf("%s: %v", n.Name(), err)
		}
		if err := m.Bind(n, b); err != nil {
			t.Fatal(err)
		}
	}
}

func run(t testing.TB, m *Machine) {
	t.Helper()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, m *Machine, n *G.Node) []float64 {
	t.Helper()
	b, err := m.Buffer(n)
	if err != nil {
		t.Fatal(err)
	}
	v := make([]float64, b.Len())
	if err := b.Read64(v); err != nil {
		t.Fatal(err)
	}
	return v
}

func readAll(t testing.TB, m *Machine, nodes []*G.Node) [][]float64 {
	t.Helper()
	var all [][]float64
	for _, n := range nodes {
		all = append(all, read(t, m, n))
	}
	return all
}

// sameBits fails unless the two results are identical, NaNs included.
func sameBits(t testing.TB, what string, got, want [][]float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d results, want %d", what, len(got), len(want))
	}
	for i := range want {
		for k := range want[i] {
			if math.Float64bits(got[i][k]) != math.Float64bits(want[i][k]) {
				t.Fatalf("%s: result %d element %d is %v, want %v", what, i, k, got[i][k], want[i][k])
			}
		}
	}
}

// relative is max|a-b| over max|b|.
func relative(a, b []float64) float64 {
	dev, most := 0.0, 1e-300
	for i := range b {
		dev = max(dev, math.Abs(a[i]-b[i]))
		most = max(most, math.Abs(b[i]))
	}
	return dev / most
}

// block is a small net with every op that trains: a stem, a block with blur pool, downsample and
// squeeze-excite, and a head.
type block struct {
	g       *Graph
	out     *G.Node
	inputs  []*G.Node // x first
	results []*G.Node // out, statistics, gradients by all inputs but x
	v       values
}

func newBlock(t testing.TB, dt tensor.Dtype) *block {
	t.Helper()
	b := &block{g: newGraph(t, dt), v: values{}}
	ok := func(n *G.Node, err error) *G.Node { t.Helper(); return must(t, n, err) }
	in := func(name string, shape ...int) *G.Node {
		n := ok(b.g.Input(name, shape...))
		b.inputs = append(b.inputs, n)
		b.v[n] = normals(uint64(len(b.inputs)), n.Shape().TotalSize())
		return n
	}
	norm := func(name string, z *G.Node, slope float64) *G.Node {
		c := z.Shape()[3]
		y, stats, err := ABN(z, in(name+".gamma", c), in(name+".beta", c), slope, nil)
		must(t, y, err)
		b.results = append(b.results, stats)
		return Label(y, name)
	}
	conv := func(name string, x *G.Node, k, co int) *G.Node {
		return Label(ok(Conv(x, in(name+".weight", k, k, x.Shape()[3], co))), name)
	}
	dense := func(name string, x *G.Node, out int) *G.Node {
		return Label(ok(Linear(x, in(name+".weight", x.Shape()[1], out), in(name+".bias", out), false)), name)
	}
	x := in("x", 2, 20, 12, 3)
	y := norm("stem", conv("stem", ok(SpaceToDepth(x)), 3, 5), 0.01)
	residual := norm("down", conv("down", ok(AvgPool(y)), 1, 6), 1)
	y = ok(BlurPool(norm("one", conv("one", y, 3, 6), 0.001)))
	y = norm("two", conv("two", y, 3, 6), 1)
	s := ok(Activate(dense("fc1", ok(GlobalPool(y)), 4), kernel.ReLU))
	s = ok(Activate(dense("fc2", s, 6), kernel.Sigmoid))
	y = ok(AddReLU(ok(ScaleChannels(y, s)), residual))
	b.out = dense("head", ok(GlobalPool(y)), 3)
	seed := ok(b.g.Input("seed", b.out.Shape()...))
	b.v[seed] = normals(99, seed.Shape().TotalSize())
	grads, err := Gradients(b.out, seed, b.inputs[1:])
	if err != nil {
		t.Fatal(err)
	}
	b.results = append(append(b.results, b.out), grads...)
	return b
}

// results runs the block on a backend with that number of threads.
func (b *block) run(t testing.TB, threads int) [][]float64 {
	t.Helper()
	be := newBackend(t, threads)
	m := newMachine(t, be, b.g, nil, b.results...)
	bind(t, be, m, b.v)
	run(t, m)
	return readAll(t, m, b.results)
}

func dtypes(t *testing.T, f func(t *testing.T, dt tensor.Dtype)) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		t.Run(fmt.Sprint(dt), func(t *testing.T) { f(t, dt) })
	}
}
