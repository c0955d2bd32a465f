package graph

import (
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"csl/internal/kernel"
)

// branches is a value read by two convolutions and a sum: its gradient has three summands.
type branches struct {
	g     *Graph
	v     values
	grads G.Nodes
}

func newBranches(t *testing.T, dt tensor.Dtype) *branches {
	t.Helper()
	b := &branches{g: newGraph(t, dt), v: values{}}
	in := func(name string, shape ...int) *G.Node {
		n, err := b.g.Input(name, shape...)
		must(t, n, err)
		b.v[n] = normals(uint64(len(b.v)+1), n.Shape().TotalSize())
		return n
	}
	ok := func(n *G.Node, err error) *G.Node { t.Helper(); return must(t, n, err) }
	w := in("w", 3, 3, 3, 5)
	x := ok(Conv(in("x", 2, 6, 7, 3), w))
	out := ok(AddReLU(ok(Conv(x, in("w1", 1, 1, 5, 5))), ok(AddReLU(ok(Conv(x, in("w2", 3, 3, 5, 5))), x))))
	var err error
	if b.grads, err = Gradients(out, in("seed", out.Shape()...), G.Nodes{w}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *branches) run(t *testing.T, keep ...*G.Node) (*Plan, []float64) {
	t.Helper()
	be := newBackend(t, 2)
	m := newMachine(t, be, b.g, nil, append(keep, b.grads...)...)
	bind(t, be, m, b.v)
	run(t, m)
	return m.Plan(), read(t, m, b.grads[0])
}

// accumulations counts the convolutions that add to what is there, the sums, and the single gradients.
func accumulations(p *Plan) (accumulating, sums int, single []*G.Node) {
	for _, o := range p.ops {
		switch d := o.desc.(type) {
		case kernel.Add:
			sums++
		case kernel.ConvDataGrad:
			if d.Accumulate {
				accumulating++
			} else {
				single = append(single, o.node)
			}
		}
	}
	return accumulating, sums, single
}

func TestConvolutionsAddTheirGradientsToOthers(t *testing.T) {
	dtypes(t, func(t *testing.T, dt tensor.Dtype) {
		b := newBranches(t, dt)
		p, got := b.run(t)
		if n, sums, single := accumulations(p); n != 2 || sums != 0 || len(single) != 0 {
			t.Fatalf("%d convolutions accumulate, %d sums, %d single gradients", n, sums, len(single))
		}
		checkPlan(t, p, b.grads)
		for _, o := range p.ops { // a convolution of what it adds to must not overwrite it
			d, ok := o.desc.(kernel.ConvDataGrad)
			if ok && d.Accumulate && (p.values[o.in[2]] == p.values[o.node]) == (o.in[2] == o.in[0]) {
				t.Errorf("%s of %v in place of %v", o.kind, o.in[0], o.in[2])
			}
		}
		// With the single gradients kept nothing can be merged.
		var convs []*G.Node
		for _, n := range b.g.g.AllNodes() {
			if o, ok := n.Op().(*op); ok && o.Name == "conv input gradient" && n.Shape()[3] == 5 {
				convs = append(convs, n)
			}
		}
		p, want := b.run(t, convs...)
		if n, sums, _ := accumulations(p); n != 0 || sums != 2 {
			t.Fatalf("%d convolutions accumulate, %d sums, with all gradients kept", n, sums)
		}
		tol := 1e-6
		if dt == tensor.Float64 {
			tol = 1e-14
		}
		if dev := relative(got, want); dev > tol {
			t.Errorf("merged gradients are off by %g", dev)
		}
	})
}

func TestAGradientAddedToItselfIsNotMerged(t *testing.T) {
	g := newGraph(t, tensor.Float64)
	in := func(name string, shape ...int) *G.Node {
		n, err := g.Input(name, shape...)
		return must(t, n, err)
	}
	dy, w := in("dy", 1, 3, 3, 2), in("w", 3, 3, 2, 2)
	s, err := convShape(dy, w)
	if err != nil {
		t.Fatal(err)
	}
	dx, err := Apply(OpSpec{
		Desc: kernel.ConvDataGrad{ConvShape: s}, Name: "conv input gradient", In: []int{4, 4}, Out: 4, Shape: like(dy),
	}, dy, w)
	must(t, dx, err)
	sum := G.Must(G.Add(dx, dx))
	p, err := NewPlan(g, sum)
	if err != nil {
		t.Fatal(err)
	}
	if n, sums, _ := accumulations(p); n != 0 || sums != 1 {
		t.Errorf("%d accumulate, %d sums", n, sums)
	}
	if !slices.Contains(p.ops[1].in, dx) {
		t.Error("the sum lost its summand")
	}
}

func TestTheTwoWaysOfSqueezeExciteAreOneGradient(t *testing.T) {
	dtypes(t, func(t *testing.T, dt tensor.Dtype) {
		g, v := newGraph(t, dt), values{}
		in := func(name string, shape ...int) *G.Node {
			n, err := g.Input(name, shape...)
			must(t, n, err)
			v[n] = normals(uint64(len(v)+1), n.Shape().TotalSize())
			return n
		}
		ok := func(n *G.Node, err error) *G.Node { t.Helper(); return must(t, n, err) }
		w := in("w", 1, 1, 3, 9)
		x := ok(Conv(in("x", 2, 3, 5, 3), w))
		s := ok(Activate(ok(Linear(ok(GlobalPool(x)), in("fc", 9, 9), in("bias", 9), false)), kernel.Sigmoid))
		out := ok(ScaleChannels(x, s))
		grads, err := Gradients(out, in("seed", out.Shape()...), G.Nodes{w})
		if err != nil {
			t.Fatal(err)
		}
		var pooled *G.Node
		for _, n := range g.g.AllNodes() {
			if o, ok := n.Op().(*op); ok && o.Name == "global pool input gradient" {
				pooled = n
			}
		}
		gradient := func(merged bool, keep ...*G.Node) []float64 {
			be := newBackend(t, 2)
			m := newMachine(t, be, g, nil, append(keep, grads...)...)
			bind(t, be, m, v)
			run(t, m)
			found := false
			for o := range m.Plan().Operations() {
				found = found || o.Kind == "squeeze input gradient"
			}
			if found != merged {
				t.Fatalf("merged: %v, want %v", found, merged)
			}
			return read(t, m, grads[0])
		}
		tol := 1e-6
		if dt == tensor.Float64 {
			tol = 1e-14
		}
		if dev := relative(gradient(true), gradient(false, pooled)); dev > tol {
			t.Errorf("the merged gradient is off by %g", dev)
		}
	})
}
