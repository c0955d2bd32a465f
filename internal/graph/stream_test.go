package graph

import (
	"errors"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// streams has every gradient of the block consumed by somebody who changes its input. The block's
// results end with the gradients by all inputs but the first.
func (b *block) streams() (streams []Stream, kept []*G.Node) {
	grads := b.results[len(b.results)-len(b.inputs)+1:]
	for i, n := range grads {
		streams = append(streams, Stream{Value: n, Mutates: b.inputs[1+i]})
	}
	return streams, b.results[:len(b.results)-len(grads)]
}

func newStreamMachine(t testing.TB, be Backend, b *block) *Machine {
	t.Helper()
	streams, kept := b.streams()
	p, err := NewStreamPlan(b.g, streams, kept...)
	if err != nil {
		t.Fatal(err)
	}
	m, err := NewMachine(be, p, nil)
	if err != nil {
		t.Fatal(err)
	}
	bind(t, be, m, b.v)
	return m
}

func TestStreamsSeeTheValuesThatWouldHaveBeenKept(t *testing.T) {
	dtypes(t, func(t *testing.T, dt tensor.Dtype) {
		b := newBlock(t, dt)
		_, kept := b.streams()
		want := b.run(t, 2)
		m := newStreamMachine(t, newBackend(t, 2), b)
		for range 2 { // the second run must not depend on what the first left behind
			got := make([][]float64, m.Plan().Streams())
			err := m.RunRest(func(i int, v Buffer) error {
				if got[i] != nil {
					t.Errorf("stream %d was consumed twice", i)
				}
				got[i] = make([]float64, v.Len())
				return v.Read64(got[i])
			})
			if err != nil {
				t.Fatal(err)
			}
			sameBits(t, "kept and consumed", append(readAll(t, m, kept), got...), want)
		}
		run(t, m) // nobody consumes
		sameBits(t, "kept without a consumer", readAll(t, m, kept), want[:len(kept)])
	})
}

// A consumer that destroys the input at once finds every mistake in the order: what reads the input
// afterwards would give other results.
func TestConsumersMayChangeTheirInputs(t *testing.T) {
	b := newBlock(t, tensor.Float32)
	streams, kept := b.streams()
	want := b.run(t, 2)
	m := newStreamMachine(t, newBackend(t, 2), b)
	got := make([][]float64, len(streams))
	err := m.RunRest(func(i int, v Buffer) error {
		got[i] = make([]float64, v.Len())
		if err := v.Read64(got[i]); err != nil {
			return err
		}
		return m.bound[streams[i].Mutates].Write64(normals(uint64(1000+i), v.Len()))
	})
	if err != nil {
		t.Fatal(err)
	}
	sameBits(t, "results", append(readAll(t, m, kept), got...), want)
}

func TestStreamsAreConsumedAsEarlyAsTheirInputsAllow(t *testing.T) {
	b := newBlock(t, tensor.Float32)
	streams, kept := b.streams()
	p, err := NewStreamPlan(b.g, streams, kept...)
	if err != nil {
		t.Fatal(err)
	}
	checkPlan(t, p, kept)
	for _, s := range p.streams {
		made, read := -1, -1
		for i, o := range p.ops {
			if o.node == s.value {
				made = i
			}
			if slices.Contains(o.in, streams[s.number].Mutates) {
				read = i
			}
		}
		if s.step != max(made, read) {
			t.Errorf("stream %d is consumed after step %d, made at %d, its input last read at %d", s.number, s.step, made, read)
		}
		if at := p.values[s.value]; at.last < s.step {
			t.Errorf("stream %d lives until %d, consumed after %d", s.number, at.last, s.step)
		}
	}
	all, err := NewPlan(b.g, b.results...)
	if err != nil {
		t.Fatal(err)
	}
	if p.LowerBoundBytes() >= all.LowerBoundBytes() {
		t.Errorf("%d bytes with consumed gradients, %d with kept ones", p.LowerBoundBytes(), all.LowerBoundBytes())
	}
}

func TestARunCanPauseAndGoOn(t *testing.T) {
	b := newBlock(t, tensor.Float32)
	want := b.run(t, 1)
	m := newMachine(t, newBackend(t, 1), b.g, nil, b.results...)
	bind(t, m.be, m, b.v)
	if err := m.RunTo(b.out); err != nil {
		t.Fatal(err)
	}
	forward := len(b.results) - len(b.inputs) + 1
	sameBits(t, "forward", readAll(t, m, b.results[:forward]), want[:forward])
	if err := m.RunRest(nil); err != nil {
		t.Fatal(err)
	}
	sameBits(t, "all", readAll(t, m, b.results), want)
	if err := m.RunTo(b.inputs[0]); err == nil {
		t.Error("a run to an input")
	}
}

func TestAConsumersErrorEndsTheRun(t *testing.T) {
	b := newBlock(t, tensor.Float32)
	m := newStreamMachine(t, newBackend(t, 1), b)
	full, calls := errors.New("full"), 0
	err := m.RunRest(func(int, Buffer) error {
		calls++
		return full
	})
	if !errors.Is(err, full) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

func TestSenselessStreamsAreErrors(t *testing.T) {
	b := newBlock(t, tensor.Float32)
	for name, s := range map[string]Stream{
		"consumes an input":  {Value: b.inputs[1]},
		"mutates an output":  {Value: b.results[len(b.results)-1], Mutates: b.out},
		"consumes nothing":   {},
		"of another graph":   {Value: newBlock(t, tensor.Float32).out},
		"is made of nowhere": {Value: b.out, Mutates: b.results[0]},
	} {
		if _, err := NewStreamPlan(b.g, []Stream{s}, b.out); err == nil {
			t.Errorf("a stream that %s was planned", name)
		}
	}
}

func TestConsumingDoesNotAllocate(t *testing.T) {
	b := newBlock(t, tensor.Float32)
	m := newStreamMachine(t, newBackend(t, 1), b)
	sum := 0.0
	consume := Consumer(func(_ int, v Buffer) error {
		sum += float64(v.Host()[0])
		return nil
	})
	if n := testing.AllocsPerRun(5, func() {
		if err := m.RunTo(b.out); err != nil {
			t.Fatal(err)
		}
		if err := m.RunRest(consume); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
