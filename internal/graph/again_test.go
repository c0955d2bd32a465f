package graph

import (
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func TestCheapValuesAreComputedAgainAndNotKept(t *testing.T) {
	b := newBlock(t, tensor.Float32)
	sinks, kept := b.sinks()
	p, err := NewSinkPlan(b.g, sinks, kept...)
	if err != nil {
		t.Fatal(err)
	}
	head := p.steps[b.out]
	times := map[string]int{}
	for i, o := range p.ops {
		kind, second := strings.CutSuffix(o.kind, " again")
		if second {
			if i < head {
				t.Errorf("%s of %s comes before the backward pass", o.kind, o.layer)
			}
			times[kind+" of "+o.layer]++
		}
	}
	for what, n := range times {
		if n != 1 {
			t.Errorf("%s is computed again %d times", what, n)
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
			t.Errorf("no %s is computed again: %v", kind, times)
		}
	}
}

// What is computed again can itself be made of something that is.
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
