// Package kerneltest is the compliance suite of kernel sets: every descriptor over one table of
// shapes, odd ones included, against definitions written in the plainest way in float64.
//
// What an implementation must do is said here and in the descriptors' comments only; a set that
// passes may be used. The suite knows nothing of how a set works and compares no two sets.
//
// Tolerances are relative to the magnitude of a result, the sum of the absolute values that its
// definition adds up, so that cancellation is not held against a kernel: 1e-5 for float32 (1e-6 for
// statistics and pointwise functions), 1e-12 for float64.
package kerneltest

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"csl/internal/kernel"
)

// Run holds a float32 set to the whole suite.
func Run(t *testing.T, set kernel.Set[float32]) { RunOf(t, set) }

// RunOf is Run for either element type.
func RunOf[T kernel.Float](t *testing.T, set kernel.Set[T]) {
	var pools []*kernel.Pool
	for workers := 1; workers <= 3; workers++ {
		p := kernel.NewPool(workers)
		t.Cleanup(p.Close)
		pools = append(pools, p)
	}
	for _, g := range groups() {
		t.Run(g.name, func(t *testing.T) {
			for _, d := range g.descs {
				if err := runCase(set, pools, d); err != nil {
					t.Fatalf("%s %T%+v: %v", set.Name(), d, d, err)
				}
			}
		})
	}
	t.Run("unknown descriptor", func(t *testing.T) { testUnknown(t, set) })
	t.Run("impossible shapes", func(t *testing.T) { testImpossible(t, set) })
	t.Run("custom descriptor", func(t *testing.T) { testCustom(t, set) })
	t.Run("constant weights", func(t *testing.T) { testConstWeights(t, set, pools[1]) })
	t.Run("not a number stays visible", func(t *testing.T) { testNaN(t, set, pools[0]) })
	t.Run("statistics of a large mean", func(t *testing.T) { testLargeMean(t, set, pools[2]) })
	t.Run("statistics of a large mean after a convolution", func(t *testing.T) { testLargeMeanOfConv(t, set, pools[2]) })
	t.Run("extreme sigmoids", func(t *testing.T) { testSigmoid(t, set, pools[0]) })
}

// runCase checks one descriptor: values, workers, guards, aliasing, allocations.
func runCase[T kernel.Float](set kernel.Set[T], pools []*kernel.Pool, d kernel.Desc) error {
	k, err := set.New(d)
	if err != nil {
		return err
	}
	in := inputs[T](d)
	want, magnitude := naive(d, widenAll(in))
	if in, err = packed(k, pools[0], in); err != nil {
		return err
	}
	first, err := run(k, pools[0], d, in, -1)
	if err != nil {
		return err
	}
	if err := compare(first[:d.Output()], want, magnitude, tolerance[T](d)); err != nil {
		return err
	}
	if err := compareSecond(d, in, first); err != nil {
		return err
	}
	for _, p := range pools[1:] {
		again, err := run(k, p, d, in, -1)
		if err == nil {
			err = identical(again, first)
		}
		if err != nil {
			return fmt.Errorf("%d workers: %w", p.Workers(), err)
		}
	}
	for _, i := range inPlace(d) {
		aliased, err := run(k, pools[1], d, in, i)
		if err == nil {
			err = identical(aliased, first)
		}
		if err != nil {
			return fmt.Errorf("out is input %d: %w", i, err)
		}
	}
	return allocations(k, pools[1], d, in)
}

// run runs k once between guard zones, with undefined scratch, and returns the output, with the second one
// behind it if there is one. alias is the input whose memory the output takes, -1 for none.
func run[T kernel.Float](k kernel.Kernel[T], p *kernel.Pool, d kernel.Desc, in [][]T, alias int) ([]T, error) {
	out := newGuarded[T](d.Output(), 3)
	second := newGuarded[T](kernel.AuxLen(d), 1)
	work := newGuarded[T](k.Work(p.Workers()), 1+p.Workers())
	operands := make([][]T, len(in))
	for i, v := range in {
		if i == alias {
			copy(out.mid, v)
			operands[i] = out.mid
			continue
		}
		operands[i] = append(make([]T, 0, len(v)), v...)
	}
	k.Run(&kernel.Ctx[T]{Pool: p, Work: work.mid, Aux: second.mid}, out.mid, operands)
	for i, v := range in {
		if i == alias {
			continue
		}
		if err := identical(operands[i], v); err != nil {
			return nil, fmt.Errorf("input %d was changed: %w", i, err)
		}
	}
	if err := out.check(); err != nil {
		return nil, fmt.Errorf("wrote outside the output: %w", err)
	}
	if err := second.check(); err != nil {
		return nil, fmt.Errorf("wrote outside the second output: %w", err)
	}
	if err := work.check(); err != nil {
		return nil, fmt.Errorf("wrote outside the scratch: %w", err)
	}
	return append(out.mid, second.mid...), nil
}

func allocations[T kernel.Float](k kernel.Kernel[T], p *kernel.Pool, d kernel.Desc, in [][]T) error {
	c := &kernel.Ctx[T]{Pool: p, Work: make([]T, k.Work(p.Workers())), Aux: make([]T, kernel.AuxLen(d))}
	out := make([]T, d.Output())
	once := func() { k.Run(c, out, in) }
	if testing.AllocsPerRun(1, once) == 0 {
		return nil
	}
	// The scheduler allocates now and then when a worker has to wait: not in every run.
	if n := testing.AllocsPerRun(20, once); n != 0 {
		return fmt.Errorf("a run allocates %v times", n)
	}
	return nil
}

// compare holds got to want within tolerance times magnitude.
func compare[T kernel.Float](got []T, want, magnitude []float64, tolerance float64) error {
	for i, v := range got {
		diff := math.Abs(float64(v) - want[i])
		if !(diff <= tolerance*magnitude[i]+1e-37) {
			return fmt.Errorf("element %d of %d is %v, want %v within %.3g: off by %.3g",
				i, len(got), v, want[i], tolerance*magnitude[i], diff)
		}
	}
	return nil
}

// identical compares bits.
func identical[T kernel.Float](got, want []T) error {
	for i, v := range got {
		if bits(v) != bits(want[i]) {
			return fmt.Errorf("element %d of %d is %v, was %v", i, len(got), v, want[i])
		}
	}
	return nil
}

func bits[T kernel.Float](v T) uint64 {
	if f, ok := any(v).(float32); ok {
		return uint64(math.Float32bits(f))
	}
	return math.Float64bits(float64(v))
}

// tolerance is the bound for the results of d, relative to their magnitude.
func tolerance[T kernel.Float](d kernel.Desc) float64 {
	if _, ok := any(T(0)).(float64); ok {
		return 1e-12
	}
	switch d.(type) {
	case kernel.Conv, kernel.ConvStats, kernel.ConvDataGrad, kernel.ConvWeightGrad,
		kernel.Linear, kernel.LinearDataGrad, kernel.LinearWeightGrad:
		return 1e-5
	}
	return 1e-6
}

// guarded is a slice with zones before and after it that nothing may write.
type guarded[T kernel.Float] struct{ all, mid []T }

const guardZone = 40

// sentinel fills guard zones and fresh memory; NaN, so that whoever reads it is found out.
func sentinel[T kernel.Float]() T { return T(math.NaN()) }

// newGuarded makes n elements that begin shift elements after a 32-byte border at the earliest, so
// that no kernel can count on alignment.
func newGuarded[T kernel.Float](n, shift int) guarded[T] {
	all := make([]T, n+2*guardZone+shift)
	for i := range all {
		all[i] = sentinel[T]()
	}
	lo := guardZone + shift
	return guarded[T]{all, all[lo : lo+n : lo+n]}
}

func (g guarded[T]) check() error {
	hi := len(g.all) - guardZone
	lo := hi - len(g.mid)
	for i, v := range g.all {
		if (i < lo || i >= hi) && bits(v) != bits(sentinel[T]()) {
			return fmt.Errorf("%d elements from its start (length %d) there is now %v", i-lo, len(g.mid), v)
		}
	}
	return nil
}

func widenAll[T kernel.Float](in [][]T) [][]float64 {
	out := make([][]float64, len(in))
	for i, v := range in {
		out[i] = make([]float64, len(v))
		for j, x := range v {
			out[i][j] = float64(x)
		}
	}
	return out
}

// typeName is the descriptor's type without its package.
func typeName(d kernel.Desc) string {
	name := fmt.Sprintf("%T", d)
	return name[strings.LastIndexByte(name, '.')+1:]
}
