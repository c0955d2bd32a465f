package graph

import (
	"fmt"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func TestCheapValuesAreComputedAgainAndNotKept(t *testing.T) {
	b := newBlock(t, tensor.Float32)
	streams, kept := b.streams()
	p, err := NewStreamPlan(b.g, streams, kept...)
	if err != nil {
		t.Fatal(err)
	}
	head := p.steps[b.out]
	times := map[string]int{}
	for i, o := range p.ops {
		kind, second := strings.CutSuffix(o.kind, " recompute")
		if second {
			if i < head {
				t.Errorf("%s of %s comes before the backward pass", o.kind, o.layer)
			}
			times[kind+" of "+o.layer]++
		}
	}
	for what, n := range times {
		if n != 1 {
			t.Errorf("%s is recomputed %d times", what, n)
		}
	}
	for i, o := range p.ops[:head] {
		switch o.kind {
		case "space to depth", "average pool", "blur pool", "scale":
			if last := p.lastUses()[o.node]; last > head {
				t.Errorf("%s, step %d, is read at step %d, after the forward pass", o.kind, i, last)
			}
		}
	}
	for _, kind := range []string{"space to depth", "average pool", "blur pool", "abn"} {
		found := false
		for what := range times {
			found = found || strings.HasPrefix(what, kind+" of ")
		}
		if !found {
			t.Errorf("no %s is recomputed: %v", kind, times)
		}
	}
}

// What is recomputed can itself be made of something that is.
func TestWhatIsComputedAgainIsMadeOfWhatIsKept(t *testing.T) {
	g := newGraph(t, tensor.Float64)
	in := func(name string, shape ...int) *G.Node {
		n, err := g.Input(name, shape...)
		return must(t, n, err)
	}
	ok := func(n *G.Node, err error) *G.Node { t.Helper(); return must(t, n, err) }
	x, w, s := in("x", 2, 8, 8, 3), in("w", 1, 1, 3, 4), in("s", 2, 4)
	z := ok(Conv(x, w))
	blurred := ok(BlurPool(z))
	out := ok(Conv(ok(ScaleChannels(blurred, s)), in("w2", 1, 1, 4, 2)))
	grads, err := Gradients(out, in("seed", out.Shape()...), G.Nodes{w, s})
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPlan(g, grads...)
	if err != nil {
		t.Fatal(err)
	}
	if last := p.lastUses()[blurred]; last > p.steps[out] {
		t.Error("the blurred map is kept")
	}
	if last := p.lastUses()[z]; last <= p.steps[out] {
		t.Error("nothing is left to compute the blurred map from")
	}
}

// residuals is a chain of blocks with all kinds of ends; again says which outputs are recomputed.
func residuals(t *testing.T, again ...bool) (*Plan, [][]float64) {
	t.Helper()
	g, v := newGraph(t, tensor.Float32), values{}
	var inputs G.Nodes
	in := func(name string, shape ...int) *G.Node {
		n, err := g.Input(name, shape...)
		inputs = append(inputs, must(t, n, err))
		v[n] = normals(uint64(len(v)+1), n.Shape().TotalSize())
		return n
	}
	ok := func(n *G.Node, err error) *G.Node { t.Helper(); return must(t, n, err) }
	x := in("x", 2, 4, 5, 3)
	for i, second := range again {
		name := fmt.Sprint("block", i)
		z := ok(Conv(x, in(name+".weight", 3, 3, 3, 3)))
		gamma, beta := in(name+".gamma", 3), in(name+".beta", 3)
		var err error
		switch i % 3 {
		case 0:
			x, _, err = ABNAddReLU(z, gamma, beta, x, nil)
		case 1:
			y, _, e := ABN(z, gamma, beta, 1, nil)
			x, err = ScaleAddReLU(ok(y, e), in(name+".factors", 2, 3), x)
		case 2:
			y, _, e := ABN(z, gamma, beta, 0.01, nil)
			x, err = AddReLU(ok(y, e), x)
		}
		if ok(x, err); second {
			Recompute(x)
		}
	}
	seed := in("seed", x.Shape()...)
	grads, err := Gradients(x, seed, inputs[:len(inputs)-1])
	if err != nil {
		t.Fatal(err)
	}
	be := newBackend(t, 2)
	m := newMachine(t, be, g, nil, grads...)
	bind(t, be, m, v)
	run(t, m)
	return m.Plan(), readAll(t, m, grads)
}

func TestBlocksThatAreComputedAgainGiveTheSameBits(t *testing.T) {
	keeping, want := residuals(t, false, false, false, false, false, false)
	for _, again := range [][]bool{
		{false, true, true, true, true, false},
		{true, true, true, true, true, true},
		{false, true, false, true, false, true},
	} {
		p, got := residuals(t, again...)
		sameBits(t, fmt.Sprint(again), got, want)
		// More than every second one gains nothing in so short a chain, as all are computed at its end.
		if most := keeping.LowerBoundBytes(); again[1] != again[2] && p.LowerBoundBytes() >= most {
			t.Errorf("%v: %d bytes, %d with everything kept", again, p.LowerBoundBytes(), most)
		}
	}
}
