package graph

import (
	"strings"
	"testing"
	"time"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"csl/internal/kernel"
	"csl/internal/kernel/kerneltest"
)

func TestMachineAgreesWithTapeMachineToTheBit(t *testing.T) {
	t.Setenv("CSL_KERNELS", "portable") // what the ops run inside the tape machine
	dtypes(t, func(t *testing.T, dt tensor.Dtype) {
		b := newBlock(t, dt)
		got := b.run(t, 1)
		for n, v := range b.v {
			if err := G.Let(n, dense(dt, v, n.Shape())); err != nil {
				t.Fatal(err)
			}
		}
		tape := G.NewTapeMachine(b.g.Expr())
		defer tape.Close()
		if err := tape.RunAll(); err != nil {
			t.Fatal(err)
		}
		var want [][]float64
		for _, n := range b.results {
			want = append(want, doublesOf(t, n.Value()))
		}
		sameBits(t, "machine", got, want)
	})
}

func dense(dt tensor.Dtype, v []float64, s tensor.Shape) *tensor.Dense {
	if dt == tensor.Float64 {
		return tensor.New(tensor.WithShape(s...), tensor.WithBacking(append([]float64(nil), v...)))
	}
	f := make([]float32, len(v))
	for i, x := range v {
		f[i] = float32(x)
	}
	return tensor.New(tensor.WithShape(s...), tensor.WithBacking(f))
}

func doublesOf(t *testing.T, v G.Value) []float64 {
	t.Helper()
	switch d := v.Data().(type) {
	case []float64:
		return d
	case []float32:
		out := make([]float64, len(d))
		for i, x := range d {
			out[i] = float64(x)
		}
		return out
	}
	t.Fatalf("value of %T", v.Data())
	return nil
}

func TestResultsDoNotDependOnThreads(t *testing.T) {
	dtypes(t, func(t *testing.T, dt tensor.Dtype) {
		b := newBlock(t, dt)
		want := b.run(t, 1)
		for _, threads := range []int{2, 3} {
			sameBits(t, "threads", b.run(t, threads), want)
		}
	})
}

func TestResultsDoNotDependOnWhatElseIsKept(t *testing.T) {
	b := newBlock(t, tensor.Float32)
	want := b.run(t, 2)
	everything := []*G.Node{}
	for _, n := range b.g.Expr().AllNodes() {
		if n.Op() != nil {
			everything = append(everything, n)
		}
	}
	be := newBackend(t, 2)
	m := newMachine(t, be, b.g, nil, everything...)
	bind(t, be, m, b.v)
	run(t, m)
	sameBits(t, "keeping everything", readAll(t, m, b.results), want)
	if small := newMachine(t, be, b.g, nil, b.results...); small.ArenaBytes() >= m.ArenaBytes() {
		t.Errorf("arena of %d bytes, %d with everything kept", small.ArenaBytes(), m.ArenaBytes())
	}
}

func TestRunsDoNotAllocate(t *testing.T) {
	dtypes(t, func(t *testing.T, dt tensor.Dtype) {
		b := newBlock(t, dt)
		be := newBackend(t, 2)
		m := newMachine(t, be, b.g, nil, b.results...)
		bind(t, be, m, b.v)
		run(t, m)
		if n := testing.AllocsPerRun(5, func() { run(t, m) }); n != 0 {
			t.Errorf("%v allocations per run", n)
		}
	})
}

func TestRunsRepeatAndFollowTheirInputs(t *testing.T) {
	b := newBlock(t, tensor.Float32)
	be := newBackend(t, 2)
	m := newMachine(t, be, b.g, nil, b.results...)
	bind(t, be, m, b.v)
	run(t, m)
	first := readAll(t, m, b.results)
	m.Reset()
	run(t, m)
	sameBits(t, "second run", readAll(t, m, b.results), first)
	if err := m.bound[b.inputs[0]].Write64(normals(1234, 2*20*12*3)); err != nil {
		t.Fatal(err)
	}
	run(t, m)
	if relative(read(t, m, b.out), first[len(b.results)-len(b.inputs)]) == 0 {
		t.Error("another input gives the same output")
	}
}

func TestMachinesOfOneArenaTakeTurns(t *testing.T) {
	big, small := newBlock(t, tensor.Float32), newBlock(t, tensor.Float32)
	want := big.run(t, 2)
	be := newBackend(t, 2)
	arena := NewArena(be, tensor.Float32)
	second := newMachine(t, be, small.g, arena, small.out)
	bind(t, be, second, small.v)
	run(t, second) // before the arena grows
	out := read(t, second, small.out)
	first := newMachine(t, be, big.g, arena, big.results...)
	bind(t, be, first, big.v)
	for range 2 {
		run(t, first)
		sameBits(t, "first", readAll(t, first, big.results), want)
		run(t, second)
		sameBits(t, "second", [][]float64{read(t, second, small.out)}, [][]float64{out})
	}
	if arena.Bytes() != first.ArenaBytes()+max(first.WorkBytes(), second.WorkBytes()) {
		t.Errorf("arena of %d bytes for %d and %d", arena.Bytes(), first.ArenaBytes(), second.ArenaBytes())
	}
}

func TestObserverSeesEveryOperation(t *testing.T) {
	b := newBlock(t, tensor.Float32)
	be := newBackend(t, 1)
	m := newMachine(t, be, b.g, nil, b.out)
	bind(t, be, m, b.v)
	seen, flops := map[string]int{}, int64(0)
	m.Observe(func(kind, layer string, took time.Duration, n int64) {
		seen[kind+" "+layer]++
		flops += n
		if took < 0 {
			t.Errorf("%s took %v", kind, took)
		}
	})
	run(t, m)
	if seen["conv stem"] != 1 || seen["abn two"] != 1 || seen["linear head"] != 1 {
		t.Errorf("saw %v", seen)
	}
	if flops != m.Plan().FLOPs() {
		t.Errorf("%d operations, planned %d", flops, m.Plan().FLOPs())
	}
	m.Observe(nil)
	clear(seen)
	run(t, m)
	if len(seen) != 0 {
		t.Errorf("observed %v after the end", seen)
	}
}

func TestGradientOperationsCarryTheirLayer(t *testing.T) {
	b := newBlock(t, tensor.Float32)
	p, err := NewPlan(b.g, b.results...)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"conv weight gradient of one": false, "abn sums of two": false, "linear weight gradient of fc1": false}
	for o := range p.Operations() {
		want[o.Kind+" of "+o.Layer] = true
	}
	for what, ok := range want {
		if !ok {
			t.Errorf("no operation %q", what)
		}
	}
}

func TestFirstNonFiniteNamesTheLayer(t *testing.T) {
	dtypes(t, func(t *testing.T, dt tensor.Dtype) {
		b := newBlock(t, dt)
		be := newBackend(t, 2)
		m := newMachine(t, be, b.g, nil, b.results...)
		bind(t, be, m, b.v)
		run(t, m)
		if f, ok, err := m.FirstNonFinite(); ok || err != nil {
			t.Fatalf("found %v, %v in a finite run", f, err)
		}
		weight := b.inputs[7] // of convolution "one"
		if weight.Name() != "one.weight" {
			t.Fatalf("input 7 is %s", weight.Name())
		}
		huge := make([]float64, len(b.v[weight]))
		for i := range huge {
			huge[i] = 3e38
			if dt == tensor.Float64 {
				huge[i] = 1.7e308
			}
		}
		if err := m.bound[weight].Write64(huge); err != nil {
			t.Fatal(err)
		}
		run(t, m)
		if f, ok, err := m.FirstNonFinite(); !ok || err != nil || f.String() != "conv of one" {
			t.Errorf("found %q, %v, %v", f, ok, err)
		}
		huge[0] = huge[0] * 2 * huge[0]
		if err := m.bound[weight].Write64(huge); err != nil {
			t.Fatal(err)
		}
		if f, ok, err := m.FirstNonFinite(); !ok || err != nil || f.String() != "input of one.weight" {
			t.Errorf("found %q, %v, %v", f, ok, err)
		}
	})
}

func TestMisuseIsAnError(t *testing.T) {
	b := newBlock(t, tensor.Float32)
	be := newBackend(t, 1)
	m := newMachine(t, be, b.g, nil, b.out)
	if err := m.RunAll(); err == nil || !strings.Contains(err.Error(), "not bound") {
		t.Errorf("run without inputs: %v", err)
	}
	buf, err := be.Alloc(tensor.Float32, 7)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Bind(b.inputs[0], buf); err == nil {
		t.Error("an input of the wrong length was bound")
	}
	if err := m.Bind(b.out, buf); err == nil {
		t.Error("an output was bound")
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if err := m.RunAll(); err == nil {
		t.Error("a closed machine runs")
	}
	p, err := NewPlan(b.g, b.out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewMachine(be, p, NewArena(be, tensor.Float64)); err == nil {
		t.Error("an arena of another type was taken")
	}
	if _, err := NewCPU(-1, kerneltest.Best(t)); err == nil {
		t.Error("a backend with -1 threads")
	}
	if name := be.Name(); !strings.HasPrefix(name, "cpu ") || !strings.HasSuffix(name, "1 thread") {
		t.Errorf("backend %q", name)
	}
}

func TestUnfitShapesAreErrors(t *testing.T) {
	g := newGraph(t, tensor.Float32)
	in := func(name string, shape ...int) *G.Node {
		n, err := g.Input(name, shape...)
		return must(t, n, err)
	}
	x, w, v := in("x", 1, 6, 6, 3), in("w", 3, 3, 4, 2), in("v", 3)
	for name, f := range map[string]func() (*G.Node, error){
		"channels": func() (*G.Node, error) { return Conv(x, w) },
		"rank":     func() (*G.Node, error) { return Conv(x, v) },
		"sides":    func() (*G.Node, error) { return SpaceToDepth(x) },
		"nil":      func() (*G.Node, error) { return GlobalPool(nil) },
		"gamma":    func() (*G.Node, error) { y, _, err := ABN(x, w, v, 1, nil); return y, err },
		"bias":     func() (*G.Node, error) { return ConvFused(x, in("w2", 1, 1, 3, 2), FusedOptions{Bias: v}) },
		"sum":      func() (*G.Node, error) { return AddReLU(x, w) },
		"factors":  func() (*G.Node, error) { return ScaleChannels(x, v) },
		"arity": func() (*G.Node, error) {
			return Apply(OpSpec{Desc: kernel.Activate{Len: 3}, In: []int{1}, Out: 1, Shape: staticShape(3)}, v, v)
		},
		"descriptor": func() (*G.Node, error) {
			return Apply(OpSpec{Desc: kernel.Activate{Len: 4}, In: []int{1}, Out: 1, Shape: staticShape(4)}, v)
		},
		"output": func() (*G.Node, error) {
			return Apply(OpSpec{Desc: kernel.Activate{Len: 3}, In: []int{1}, Out: 1, Shape: staticShape(4)}, v)
		},
		"same name": func() (*G.Node, error) { return g.Input("x", 1) },
		"no shape":  func() (*G.Node, error) { return g.Input("y") },
	} {
		if n, err := f(); err == nil {
			t.Errorf("%s: made %v", name, n)
		}
	}
	if _, err := New(tensor.Int); err == nil {
		t.Error("a graph of integers")
	}
}

func TestForeignNodesAndOpsCannotBePlanned(t *testing.T) {
	g := newGraph(t, tensor.Float32)
	other := newGraph(t, tensor.Float32)
	x, err := g.Input("x", 2)
	must(t, x, err)
	y, err := other.Input("x", 2)
	must(t, y, err)
	if _, err := NewPlan(g, y); err == nil {
		t.Error("a node of another graph was planned")
	}
	if _, err := NewPlan(g, G.Must(G.Tanh(x))); err == nil {
		t.Error("a stock op was planned")
	}
	if _, err := NewPlan(g, G.Must(G.Sub(x, x))); err == nil {
		t.Error("a stock subtraction was planned")
	}
}

func TestStockSumOfOneValueWithItselfIsRight(t *testing.T) {
	g := newGraph(t, tensor.Float64)
	x, err := g.Input("x", 3)
	must(t, x, err)
	r, err := Activate(x, kernel.ReLU)
	must(t, r, err)
	sum := G.Must(G.Add(r, r))
	be := newBackend(t, 1)
	m := newMachine(t, be, g, nil, sum)
	bind(t, be, m, values{x: {1, -2, 3}})
	run(t, m)
	sameBits(t, "sum", [][]float64{read(t, m, sum)}, [][]float64{{2, 0, 6}})
}
