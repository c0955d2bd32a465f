package model

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"csl/internal/garbage"
)

// forward runs a net on fixed images and returns a copy of the logits.
func forward(t *testing.T, n forwardNet) []float32 {
	t.Helper()
	copy(n.Input(), pixels(len(n.Input())))
	if err := n.Run(); err != nil {
		t.Fatal(err)
	}
	return slices.Clone(logitsOf(t, n))
}

func inferNet(t *testing.T, nets *Nets, batch, height, width int) *InferNet {
	t.Helper()
	n, err := nets.Infer(batch, height, width)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNetsOfOneFormShareItsPackedWeights(t *testing.T) {
	w := initialised(t)
	nets := NewNets(newCPU(t, 2), w, nil, nil)
	inferNet(t, nets, 1, 32, 32)
	had := len(nets.constants.packed)
	constants := 0
	for _, e := range w.entries {
		if e.Kind == ConvWeight || e.Kind == LinearWeight {
			constants++
		}
	}
	if had != constants {
		t.Errorf("%d packed tensors, want each of %d once", had, constants)
	}
	inferNet(t, nets, 1, 32, 36) // one more pixel in some maps: nothing that changes an algorithm
	if got := len(nets.constants.packed); got != had {
		t.Errorf("the second net packed %d tensors more", got-had)
	}
	if nets.constants.folded != nil {
		t.Error("folded weights are kept")
	}
}

func TestReleasedWeightsAreGone(t *testing.T) {
	be, w := newCPU(t, 2), initialised(t)
	want := forward(t, inferNet(t, NewNets(be, w, nil, nil), 2, 32, 32))
	heap := func() int64 {
		runtime.GC()
		runtime.GC() // Gorgonia's pools are emptied by the second
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	copied := w.Clone()
	before := heap()
	copied.Release(garbage.Hooks{Collect: runtime.GC})
	nets := NewNets(be, copied, nil, nil)
	net := inferNet(t, nets, 2, 32, 32)
	if !slices.Equal(forward(t, net), want) {
		t.Error("released weights give other logits")
	}
	packed, released := int64(0), int64(0)
	for k := range nets.constants.packed {
		packed += 4 * int64(k.layout.Len)
	}
	for i, e := range copied.entries {
		if e.Kind == ConvWeight || e.Kind == LinearWeight {
			released += 4 * int64(e.Size())
			if copied.data[i] != nil {
				t.Errorf("%s is still there", e.Name)
			}
		}
	}
	grown := heap() - before
	if limit := packed - released + net.Machine().ArenaBytes() + net.Machine().WorkBytes() + 4<<20; grown > limit {
		t.Errorf("%d bytes more with %d packed and %d released", grown, packed, released)
	}
	runtime.KeepAlive(nets)
}

func TestReleasedWeightsAreAnErrorForEverybodyElse(t *testing.T) {
	be, w := newCPU(t, 1), initialised(t)
	w.Release(garbage.Hooks{Collect: runtime.GC})
	nets := NewNets(be, w, defaultLoss(t), nil)
	net := inferNet(t, nets, 1, 32, 32)
	other := NewNets(be, w, nil, nil)
	const name = "body.conv1.0.weight"
	e := w.entries[w.index[name]]
	for what, do := range map[string]func() error{
		"eval":  func() error { _, err := nets.Eval(1, 32, 32); return err },
		"train": func() error { _, err := nets.Train(1, 64, 64); return err },
		"other": func() error { _, err := other.Infer(1, 32, 32); return err },
		"set":   func() error { return w.Set(name, e.Shape, make([]float32, e.Size())) },
		"copy":  func() error { return w.CopyFrom(initialised(t)) },
		"from":  func() error { return initialised(t).CopyFrom(w) },
		"clone": func() error { _, err := NewNets(be, w.Clone(), nil, nil).Infer(1, 32, 32); return err },
	} {
		if err := do(); err == nil || !strings.Contains(err.Error(), "released") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, _, ok := w.Get(name); ok {
		t.Error("a released tensor was given out")
	}
	forward(t, net) // still runs
	if err := nets.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := nets.Infer(1, 32, 32); err == nil || !strings.Contains(err.Error(), "released") {
		t.Errorf("after a close: %v", err)
	}
}

// Whether another batch size needs another layout depends on the kernels; if it does, it is an error, never
// another result.
func TestReleasedWeightsServeOtherSizesOfTheSameForms(t *testing.T) {
	be, w := newCPU(t, 2), initialised(t)
	for _, s := range [][3]int{{1, 32, 36}, {16, 32, 32}, {1, 96, 64}} {
		plain := NewNets(be, w, nil, nil)
		inferNet(t, plain, 1, 32, 32)
		had := len(plain.constants.packed)
		want := forward(t, inferNet(t, plain, s[0], s[1], s[2]))
		same := len(plain.constants.packed) == had

		copied := w.Clone()
		copied.Release(garbage.Hooks{Collect: runtime.GC})
		nets := NewNets(be, copied, nil, nil)
		inferNet(t, nets, 1, 32, 32)
		net, err := nets.Infer(s[0], s[1], s[2])
		switch {
		case same && err != nil:
			t.Errorf("%v: %v", s, err)
		case same && !slices.Equal(forward(t, net), want):
			t.Errorf("%v: other logits", s)
		case !same && (err == nil || !strings.Contains(err.Error(), "released")):
			t.Errorf("%v: error %v, although it needs other layouts", s, err)
		}
	}
}

func TestInferenceDoesNotAllocate(t *testing.T) {
	n := inferNet(t, NewNets(newCPU(t, 2), initialised(t), nil, nil), 2, 32, 32)
	forward(t, n)
	allocations := testing.AllocsPerRun(20, func() {
		if err := n.Run(); err != nil {
			t.Fatal(err)
		}
	})
	if allocations != 0 {
		t.Errorf("a run makes %v allocations", allocations)
	}
}
