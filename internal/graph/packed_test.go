package graph

import (
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// constNet is a fused convolution and a linear layer of constant weights over a batch of images.
type constNet struct {
	g               *Graph
	x, w, head, out *G.Node
	v               values
}

func newConstNet(t testing.TB, dt tensor.Dtype, batch int) *constNet {
	t.Helper()
	f := &constNet{g: newGraph(t, dt), v: values{}}
	ok := func(n *G.Node, err error) *G.Node { t.Helper(); return must(t, n, err) }
	in := func(seed uint64, name string, shape ...int) *G.Node {
		n := ok(f.g.Input(name, shape...))
		f.v[n] = normals(seed, n.Shape().TotalSize())
		return n
	}
	f.x, f.w, f.head = in(1, "x", batch, 20, 20, 16), in(2, "w", 3, 3, 16, 24), in(3, "head", 24, 5)
	y := Label(ok(ConvFused(f.x, f.w, FusedOptions{Slope: 0})), "conv")
	f.out = Label(ok(Linear(ok(GlobalPool(y)), f.head, in(4, "bias", 5), true)), "head")
	return f
}

// machine is a machine with all inputs bound.
func (f *constNet) machine(t testing.TB, be Backend) *Machine {
	t.Helper()
	m := newMachine(t, be, f.g, nil, f.out)
	bind(t, be, m, f.v)
	return m
}

// pack packs an input by its values in the only layout that is wanted.
func (f *constNet) pack(t testing.TB, be Backend, m *Machine, n *G.Node) *Packed {
	t.Helper()
	layouts := m.PackedLayouts(n)
	if len(layouts) != 1 {
		t.Fatalf("%s is wanted as %v", n.Name(), layouts)
	}
	src, err := be.Alloc(m.plan.dt, len(f.v[n]))
	if err != nil {
		t.Fatal(err)
	}
	if err := src.Write64(f.v[n]); err != nil {
		t.Fatal(err)
	}
	p, err := m.Pack(n, layouts[0], src)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestOneSetOfPackedWeightsServesSeveralMachines(t *testing.T) {
	dtypes(t, func(t *testing.T, dt tensor.Dtype) {
		be := newBackend(t, 2)
		one, two := newConstNet(t, dt, 1), newConstNet(t, dt, 2)
		first := one.machine(t, be)
		run(t, first)
		want := read(t, first, one.out)

		packer := newMachine(t, be, one.g, nil, one.out)
		w, head := one.pack(t, be, packer, one.w), one.pack(t, be, packer, one.head)
		for _, f := range []*constNet{one, two} {
			m := newMachine(t, be, f.g, nil, f.out)
			for n, v := range f.v {
				if n == f.w || n == f.head {
					continue
				}
				b, err := be.Alloc(dt, len(v))
				if err != nil {
					t.Fatal(err)
				}
				if err := b.Write64(v); err != nil {
					t.Fatal(err)
				}
				if err := m.Bind(n, b); err != nil {
					t.Fatal(err)
				}
			}
			for n, p := range map[*G.Node]*Packed{f.w: w, f.head: head} {
				if err := m.BindPacked(n, p); err != nil {
					t.Fatal(err)
				}
			}
			run(t, m)
			sameBits(t, "first image", [][]float64{read(t, m, f.out)[:5]}, [][]float64{want})
		}
	})
}

func TestConstantWeightsAreReadOnceUntilTheyAreBoundAgain(t *testing.T) {
	be := newBackend(t, 1)
	f := newConstNet(t, tensor.Float32, 1)
	m := f.machine(t, be)
	run(t, m)
	before := read(t, m, f.out)
	zero := make([]float64, len(f.v[f.w]))
	if err := m.bound[f.w].Write64(zero); err != nil {
		t.Fatal(err)
	}
	run(t, m)
	sameBits(t, "after the values changed", [][]float64{read(t, m, f.out)}, [][]float64{before})
	if err := m.Bind(f.w, m.bound[f.w]); err != nil {
		t.Fatal(err)
	}
	run(t, m)
	// Without weights the features are zero, and the head's bias remains.
	for n, v := range f.v {
		if n.Name() == "bias" {
			sameBits(t, "after another bind", [][]float64{read(t, m, f.out)}, [][]float64{v})
		}
	}
}

func TestMisusedPackedWeightsAreAnError(t *testing.T) {
	be, other := newBackend(t, 1), newBackend(t, 1)
	f := newConstNet(t, tensor.Float32, 1)
	m := f.machine(t, be)
	w := f.pack(t, be, m, f.w)
	short, err := be.Alloc(tensor.Float32, 7)
	if err != nil {
		t.Fatal(err)
	}
	computed := newGraph(t, tensor.Float32)
	x, err := computed.Input("x", 2, 3)
	must(t, x, err)
	b, err := computed.Input("b", 3)
	must(t, b, err)
	square, err := computed.Input("w", 3, 3)
	must(t, square, err)
	activated, err := Activate(square, 0)
	must(t, activated, err)
	y, err := Linear(x, activated, b, true)
	must(t, y, err)
	plan, err := NewPlan(computed, y)
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		do   func() error
		want string
	}{
		"weights of another layer":      {func() error { return m.BindPacked(f.head, w) }, "wanted as"},
		"an input that is not a weight": {func() error { return m.BindPacked(f.x, w) }, "wanted as"},
		"another backend's weights": {func() error {
			return newMachine(t, other, f.g, nil, f.out).BindPacked(f.w, w)
		}, "another backend"},
		"a source of another length": {func() error {
			_, err := m.Pack(f.w, m.PackedLayouts(f.w)[0], short)
			return err
		}, "7 elements"},
		"a layout that nobody wants": {func() error {
			_, err := m.Pack(f.head, m.PackedLayouts(f.w)[0], m.bound[f.head])
			return err
		}, "no operation wants"},
		"computed weights": {func() error {
			_, err := NewMachine(be, plan, nil)
			return err
		}, "must be an input"},
		"no weights": {func() error {
			n := newMachine(t, be, f.g, nil, f.out)
			for _, in := range []*G.Node{f.x, f.head} {
				if err := n.Bind(in, m.bound[in]); err != nil {
					t.Fatal(err)
				}
			}
			return n.RunAll()
		}, "not bound"},
	} {
		if err := c.do(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", what, err, c.want)
		}
	}
}

func TestFirstNonFiniteFindsPackedWeights(t *testing.T) {
	be := newBackend(t, 1)
	f := newConstNet(t, tensor.Float32, 1)
	m := f.machine(t, be)
	f.v[f.w][3] = math.NaN()
	if err := m.BindPacked(f.w, f.pack(t, be, m, f.w)); err != nil {
		t.Fatal(err)
	}
	run(t, m)
	if fault, ok, err := m.FirstNonFinite(); !ok || err != nil || fault.String() != "input of w" {
		t.Errorf("found %q, %v, %v", fault, ok, err)
	}
}

func TestConstantWeightsRunInTheTapeMachine(t *testing.T) {
	t.Setenv("CSL_KERNELS", "portable") // what the ops run inside the tape machine
	dtypes(t, func(t *testing.T, dt tensor.Dtype) {
		be := newBackend(t, 2)
		f := newConstNet(t, dt, 1)
		m := f.machine(t, be)
		run(t, m)
		got := read(t, m, f.out)
		for n, v := range f.v {
			if err := G.Let(n, dense(dt, v, n.Shape())); err != nil {
				t.Fatal(err)
			}
		}
		tape := G.NewTapeMachine(f.g.Expr())
		defer tape.Close()
		if err := tape.RunAll(); err != nil {
			t.Fatal(err)
		}
		sameBits(t, "machine", [][]float64{got}, [][]float64{doublesOf(t, f.out.Value())})
	})
}
