package graph

import (
	"maps"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"csl/internal/kernel"
)

// kinds counts the operations of a plan by kind.
func kinds(p *Plan) map[string]int {
	n := map[string]int{}
	for o := range p.Operations() {
		n[o.Kind]++
	}
	return n
}

// computed runs the part of g that keep needs, and returns the values.
func computed(t *testing.T, g *Graph, v values, keep ...*G.Node) (*Plan, [][]float64) {
	t.Helper()
	be := newBackend(t, 2)
	m := newMachine(t, be, g, nil, keep...)
	bind(t, be, m, v)
	run(t, m)
	checkPlan(t, m.Plan(), keep)
	return m.Plan(), readAll(t, m, keep)
}

func TestConvolutionsComputeTheStatisticsOfTheirOutput(t *testing.T) {
	dtypes(t, func(t *testing.T, dt tensor.Dtype) {
		for _, k := range []int{1, 3} {
			g, v := newGraph(t, dt), values{}
			in := func(name string, shape ...int) *G.Node {
				n, err := g.Input(name, shape...)
				must(t, n, err)
				v[n] = normals(uint64(len(v)+1), n.Shape().TotalSize())
				return n
			}
			s := kernel.ABNShape{Rows: 3 * 15 * 10, C: 20}
			statsOf := func(z *G.Node) *G.Node { n, err := batchStats(z, s, nil); return must(t, n, err) }
			z, err := Conv(in("x", 3, 15, 10, 17), in("w", k, k, 17, 20))
			must(t, z, err)
			stats := statsOf(z)
			alone := in("z", z.Shape()...)
			apart := statsOf(alone)

			p, got := computed(t, g, v, z, stats)
			if p.Ops() != 1 || kinds(p)["conv"] != 1 {
				t.Fatalf("K %d: a convolution and its statistics are the operations %v", k, kinds(p))
			}
			v[alone] = got[0]
			p, want := computed(t, g, v, apart)
			if kinds(p)["batch statistics"] != 1 {
				t.Fatalf("K %d: the statistics of an input are the operations %v", k, kinds(p))
			}
			tol := 1e-6
			if dt == tensor.Float64 {
				tol = 1e-14
			}
			if dev := relative(got[1], want[0]); dev > tol {
				t.Errorf("K %d: the statistics are off by %g", k, dev)
			}
			// Nobody needs the convolution's output.
			_, only := computed(t, g, v, stats)
			sameBits(t, "statistics alone", only, got[1:])
		}
	})
}

func TestTheEndOfABlockMasksAndSumsItsGradientInOnePass(t *testing.T) {
	dtypes(t, func(t *testing.T, dt tensor.Dtype) {
		g, v := newGraph(t, dt), values{}
		in := func(name string, shape ...int) *G.Node {
			n, err := g.Input(name, shape...)
			must(t, n, err)
			v[n] = normals(uint64(len(v)+1), n.Shape().TotalSize())
			return n
		}
		z, residual, gamma, beta := in("z", 2, 5, 7, 19), in("residual", 2, 5, 7, 19), in("gamma", 19), in("beta", 19)
		seed, masked := in("seed", 2, 5, 7, 19), in("masked", 2, 5, 7, 19)
		y, _, err := ABNAddReLU(z, gamma, beta, residual, nil)
		must(t, y, err)
		grads, err := Gradients(y, seed, G.Nodes{z, gamma, beta, residual})
		if err != nil {
			t.Fatal(err)
		}
		p, got := computed(t, g, v, append(G.Nodes{y}, grads...)...)
		if n := kinds(p); n["activation gradient"] != 0 || n["abn sums"] != 1 {
			t.Errorf("operations %v", n)
		}
		// By hand: the mask, then the gradients of the norm alone.
		for i, y := range got[0] {
			v[masked][i] = 0
			if y > 0 {
				v[masked][i] = v[seed][i]
			}
		}
		if dev := relative(got[4], v[masked]); dev != 0 {
			t.Errorf("the gradient by the residual is off by %g", dev)
		}
		norm, _, err := ABN(z, gamma, beta, 1, nil)
		must(t, norm, err)
		apart, err := Gradients(norm, masked, G.Nodes{z, gamma, beta})
		if err != nil {
			t.Fatal(err)
		}
		_, want := computed(t, g, v, apart...)
		tol := 1e-6
		if dt == tensor.Float64 {
			tol = 1e-14
		}
		for i, name := range []string{"z", "gamma", "beta"} {
			if dev := relative(got[1+i], want[i]); dev > tol {
				t.Errorf("the gradient by %s is off by %g", name, dev)
			}
		}
	})
}

func TestOtherOperationsAreNotPairedUp(t *testing.T) {
	g := newGraph(t, tensor.Float32)
	in := func(name string, shape ...int) *G.Node {
		n, err := g.Input(name, shape...)
		return must(t, n, err)
	}
	x, w, gamma, beta := in("x", 2, 4, 4, 9), in("w", 3, 3, 9, 9), in("gamma", 9), in("beta", 9)
	fused, err := ConvFused(x, w, FusedOptions{Slope: 0})
	must(t, fused, err)
	leaky, stats, err := ABN(fused, gamma, beta, 0.01, nil)
	must(t, leaky, err)
	y, err := Activate(leaky, kernel.ReLU)
	must(t, y, err)
	grads, err := Gradients(y, in("seed", y.Shape()...), G.Nodes{gamma})
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPlan(g, append(grads, stats)...)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"conv": 1, "batch statistics": 1, "abn": 1, "activation": 1, "activation gradient": 1, "abn sums": 1, "abn gamma gradient": 1}
	if n := kinds(p); !maps.Equal(n, want) {
		t.Errorf("operations %v, want %v", n, want)
	}
}
