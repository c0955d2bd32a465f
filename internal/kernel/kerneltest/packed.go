package kerneltest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"csl/internal/kernel"
)

// packed is the operands of k with constant weights packed between guard zones, from weights that are gone
// afterwards; without constant weights it is in.
func packed[T kernel.Float](k kernel.Kernel[T], p *kernel.Pool, in [][]T) ([][]T, error) {
	layout, ok := kernel.PackedLayoutOf(k)
	if !ok {
		return in, nil
	}
	packer := k.(kernel.Prepacker[T])
	dst, work := newGuarded[T](layout.Len, 2), newGuarded[T](packer.PackWork(p.Workers()), 1)
	w := append([]T{}, in[1]...)
	packer.Pack(&kernel.Ctx[T]{Pool: p, Work: work.mid}, dst.mid, w)
	if err := identical(w, in[1]); err != nil {
		return nil, fmt.Errorf("packing changed the weights: %w", err)
	}
	for i := range w {
		w[i] = sentinel[T]()
	}
	if err := dst.check(); err != nil {
		return nil, fmt.Errorf("wrote outside the packed weights: %w", err)
	}
	if err := work.check(); err != nil {
		return nil, fmt.Errorf("wrote outside the scratch of packing: %w", err)
	}
	return append([][]T{in[0], dst.mid}, in[2:]...), nil
}

// testConstWeights runs fixed convolutions and linear layers with two weights in turn, and runs a kernel for more
// images with the weights packed by one for fewer, where their layouts are equal.
func testConstWeights[T kernel.Float](t *testing.T, set kernel.Set[T], p *kernel.Pool) {
	identity := kernel.Epilogue{Slope: 1}
	for _, c := range []struct{ few, more kernel.Desc }{
		{
			kernel.Conv{ConvShape: kernel.ConvShape{N: 1, H: 5, W: 3, Ci: 16, Co: 24, K: 3}, Epilogue: identity, ConstWeights: true},
			kernel.Conv{ConvShape: kernel.ConvShape{N: 2, H: 5, W: 3, Ci: 16, Co: 24, K: 3}, Epilogue: identity, ConstWeights: true},
		},
		{
			kernel.Conv{ConvShape: kernel.ConvShape{N: 4, H: 8, W: 8, Ci: 16, Co: 32, K: 3}, Epilogue: identity, ConstWeights: true},
			kernel.Conv{ConvShape: kernel.ConvShape{N: 5, H: 8, W: 8, Ci: 16, Co: 32, K: 3}, Epilogue: identity, ConstWeights: true},
		},
		{
			kernel.Linear{LinearShape: kernel.LinearShape{N: 2, In: 17, Out: 9}, ConstWeights: true},
			kernel.Linear{LinearShape: kernel.LinearShape{N: 3, In: 17, Out: 9}, ConstWeights: true},
		},
	} {
		a, few := constCase(t, set, p, c.few, nil)
		b := append([][]T{}, a...)
		b[1] = normals[T](rand.New(rand.NewPCG(2, 2)), len(a[1]))
		for i, in := range [][][]T{a, b, b, a} {
			if err := few(in); err != nil {
				t.Errorf("%T%+v, run %d of the weights a b b a: %v", c.few, c.few, i, err)
			}
		}
		in, more := constCase(t, set, p, c.more, c.few)
		if err := more(in); err != nil {
			t.Errorf("%T%+v, packed for fewer images: %v", c.more, c.more, err)
		}
	}
}

// constCase makes inputs of d and a function that holds its kernel, run on inputs, to the definition; the
// weights are packed by the kernel of by, nil for its own, whose layout must be the same.
func constCase[T kernel.Float](t *testing.T, set kernel.Set[T], p *kernel.Pool, d, by kernel.Desc) (in [][]T, check func([][]T) error) {
	t.Helper()
	if by == nil {
		by = d
	}
	k, err := set.New(d)
	if err != nil {
		t.Fatal(err)
	}
	packer, err := set.New(by)
	if err != nil {
		t.Fatal(err)
	}
	layout, ok := kernel.PackedLayoutOf(k)
	if other, _ := kernel.PackedLayoutOf(packer); !ok || layout != other {
		t.Fatalf("%T%+v wants its constant weights as %+v (%v), %+v as %+v", d, d, layout, ok, by, other)
	}
	return inputs[T](d), func(in [][]T) error {
		want, magnitude := naive(d, widenAll(in))
		operands, err := packed(packer, p, in)
		if err != nil {
			return err
		}
		out, err := run(k, p, d, operands, -1)
		if err != nil {
			return err
		}
		return compare(out, want, magnitude, tolerance[T](d))
	}
}
