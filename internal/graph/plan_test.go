package graph

import (
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"csl/internal/kernel"
)

func TestPlacedSpansNeverOverlap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		spans := make([]*span, 1+r.IntN(40))
		for i := range spans {
			first := r.IntN(50)
			spans[i] = &span{size: align * (1 + r.IntN(9)), first: first, last: first + r.IntN(20)}
		}
		total := place(spans)
		for i, a := range spans {
			if a.off < 0 || a.off%align != 0 || a.off+a.size > total {
				t.Fatalf("span %+v in an arena of %d", a, total)
			}
			for _, b := range spans[:i] {
				if a.first <= b.last && b.first <= a.last && a.off < b.off+b.size && b.off < a.off+a.size {
					t.Fatalf("spans %+v and %+v overlap", a, b)
				}
			}
		}
	}
	if n := place(nil); n != 0 {
		t.Errorf("an empty plan takes %d", n)
	}
}

// checkPlan verifies a plan from the operations alone: what is alive together lies apart, but for
// outputs that take the place of an input which dies there and which the op may overwrite.
func checkPlan(t *testing.T, p *Plan, keep []*G.Node) (inPlace int) {
	t.Helper()
	made, last := map[*G.Node]int{}, map[*G.Node]int{}
	for i := range p.ops {
		for _, n := range p.ops[i].outputs() {
			made[n], last[n] = i, i
		}
		for _, c := range p.ops[i].in {
			last[c] = i
			if at, ok := made[c]; c.Op() != nil && (!ok || at >= i) {
				t.Fatalf("step %d reads a value that is not made before", i)
			}
		}
	}
	sunk := map[*G.Node]bool{}
	for _, s := range p.streams {
		last[s.value] = max(last[s.value], s.step)
		sunk[s.value] = true
	}
	for _, n := range keep {
		last[n] = len(p.ops)
	}
	for a, sa := range p.values {
		for b, sb := range p.values {
			if a == b || made[a] > made[b] || last[a] < made[b] {
				continue
			}
			if sa.off >= sb.off+b.Shape().TotalSize() || sb.off >= sa.off+a.Shape().TotalSize() {
				continue
			}
			o := &p.ops[made[b]]
			allowed, uses := false, 0
			for k, c := range o.in {
				if c == a {
					uses++
					for _, over := range o.inPlace {
						allowed = allowed || over == k
					}
				}
			}
			if !allowed || b != o.node || sunk[a] || uses != 1 || last[a] != made[b] || sa.off != sb.off {
				t.Fatalf("%s of %s overwrites a value of %s that is still needed", o.kind, o.layer, Layer(a))
			}
			inPlace++
		}
	}
	return inPlace
}

func TestPlanKeepsLiveValuesApart(t *testing.T) {
	b := newBlock(t, tensor.Float32)
	for _, keep := range [][]*G.Node{{b.out}, b.results} {
		p, err := NewPlan(b.g, keep...)
		if err != nil {
			t.Fatal(err)
		}
		if n := checkPlan(t, p, keep); n == 0 {
			t.Error("nothing is computed in place")
		}
		if p.ArenaBytes() < p.LowerBoundBytes() {
			t.Errorf("arena of %d bytes below the lower bound %d", p.ArenaBytes(), p.LowerBoundBytes())
		}
	}
}

func TestPlanDropsWhatNobodyNeeds(t *testing.T) {
	b := newBlock(t, tensor.Float32)
	all, err := NewPlan(b.g, b.results...)
	if err != nil {
		t.Fatal(err)
	}
	forward, err := NewPlan(b.g, b.out)
	if err != nil {
		t.Fatal(err)
	}
	if forward.Ops() >= all.Ops()/2 || forward.FLOPs() >= all.FLOPs()/2 {
		t.Errorf("forward %d ops, %d FLOPs; all %d ops, %d FLOPs", forward.Ops(), forward.FLOPs(), all.Ops(), all.FLOPs())
	}
	for o := range forward.Operations() {
		if o.Kind == "conv input gradient" {
			t.Error("the forward plan has a gradient")
		}
	}
}

// chain is an ABN between two other ops, and whether the ABN works in place.
func abnInPlace(t *testing.T, slope float64) bool {
	t.Helper()
	g := newGraph(t, tensor.Float32)
	in := func(name string, shape ...int) *G.Node {
		n, err := g.Input(name, shape...)
		return must(t, n, err)
	}
	x, w, gamma, beta := in("x", 2, 4, 4, 3), in("w", 3, 3, 3, 5), in("gamma", 5), in("beta", 5)
	z, err := Conv(x, w)
	must(t, z, err)
	y, _, err := ABN(z, gamma, beta, slope, nil)
	must(t, y, err)
	out, err := Activate(y, kernel.Sigmoid)
	must(t, out, err)
	grads, err := Gradients(out, in("seed", out.Shape()...), G.Nodes{w, gamma, beta})
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPlan(g, grads...)
	if err != nil {
		t.Fatal(err)
	}
	return p.values[z] == p.values[y]
}

func TestABNKeepsItsInputOnlyWhereTheOutputCannotBeInverted(t *testing.T) {
	if !abnInPlace(t, 0.001) {
		t.Error("a leaky ABN is not computed in place")
	}
	if abnInPlace(t, 1) {
		t.Error("an identity ABN overwrites the input that its gradient needs")
	}
}
