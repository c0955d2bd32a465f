package graph

import (
	"fmt"
	"runtime"

	"gorgonia.org/tensor"

	"csl/internal/count"
	"csl/internal/kernel"
	"csl/internal/kernel/portable"
	"csl/internal/memory"
)

// CPU is the backend that computes in host memory with the kernels of package kernel: those it is given
// for float32, the portable ones for float64.
type CPU struct {
	pool  *kernel.Pool
	set32 kernel.Set[float32]
	set64 kernel.Set[float64]
}

var _ Host = (*CPU)(nil)

// NewCPU starts a CPU backend that computes float32 with set. threads of 0 means GOMAXPROCS; a negative
// number is an error.
func NewCPU(threads int, set kernel.Set[float32]) (*CPU, error) {
	if threads < 0 {
		return nil, fmt.Errorf("cpu backend with %d threads", threads)
	}
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	return &CPU{pool: kernel.NewPool(threads), set32: set, set64: portable.New[float64]()}, nil
}

// Close ends the threads. No machine of the backend may run any more.
func (c *CPU) Close() { c.pool.Close() }

// Threads implements Host.
func (c *CPU) Threads() int { return c.pool.Workers() }

// Pool implements Host.
func (c *CPU) Pool() *kernel.Pool { return c.pool }

// Kernels implements Host.
func (c *CPU) Kernels() kernel.Set[float32] { return c.set32 }

// Name implements Backend.
func (c *CPU) Name() string {
	return fmt.Sprintf("cpu %s, %s", c.set32.Name(), count.Of(c.pool.Workers(), "thread"))
}

// Alloc implements Backend.
func (c *CPU) Alloc(dt tensor.Dtype, n int) (Buffer, error) {
	switch dt {
	case tensor.Float32:
		return newBuffer[float32](n), nil
	case tensor.Float64:
		return newBuffer[float64](n), nil
	}
	return nil, fmt.Errorf("cpu memory of %v", dt)
}

// newBuffer makes memory of zeros.
func newBuffer[T kernel.Float](n int) cpuBuffer[T] {
	v := make([]T, n)
	memory.LargePages(v)
	return v
}

// Share implements Backend.
func (c *CPU) Share(host []float32) (Buffer, bool) { return cpuBuffer[float32](host), true }

// Finish implements Backend.
func (c *CPU) Finish() error { return nil }

// Compile implements Backend.
func (c *CPU) Compile(dt tensor.Dtype, d kernel.Desc) (Program, error) {
	switch dt {
	case tensor.Float32:
		return compileCPU(c.pool, c.set32, d)
	case tensor.Float64:
		return compileCPU(c.pool, c.set64, d)
	}
	return nil, fmt.Errorf("cpu kernel for %v", dt)
}

func compileCPU[T kernel.Float](pool *kernel.Pool, set kernel.Set[T], d kernel.Desc) (Program, error) {
	k, err := set.New(d)
	if err != nil {
		return nil, err
	}
	return &cpuProgram[T]{desc: d, kernel: k, pool: pool, work: k.Work(pool.Workers())}, nil
}

type cpuProgram[T kernel.Float] struct {
	desc   kernel.Desc
	kernel kernel.Kernel[T]
	pool   *kernel.Pool
	work   int
}

func (p *cpuProgram[T]) Work() int { return p.work }

func (p *cpuProgram[T]) PackedLayout() (kernel.PackedLayout, bool) {
	return kernel.PackedLayoutOf(p.kernel)
}

func (p *cpuProgram[T]) PackWork() int {
	if k, ok := p.kernel.(kernel.Prepacker[T]); ok {
		return k.PackWork(p.pool.Workers())
	}
	return 0
}

func (p *cpuProgram[T]) Pack(src, work Buffer) (Buffer, error) {
	layout, ok := p.PackedLayout()
	if !ok {
		return nil, fmt.Errorf("%T has no constant weights", p.desc)
	}
	w, err := operand[T](src, p.desc.Inputs()[weightsAt])
	if err != nil {
		return nil, fmt.Errorf("%T weights: %w", p.desc, err)
	}
	scratch, err := operand[T](work, work.Len())
	if err != nil {
		return nil, fmt.Errorf("%T scratch: %w", p.desc, err)
	}
	dst := newBuffer[T](layout.Len)
	p.kernel.(kernel.Prepacker[T]).Pack(&kernel.Ctx[T]{Pool: p.pool, Work: scratch}, dst, w)
	return dst, nil
}

func (p *cpuProgram[T]) Bind(out, aux Buffer, in []Buffer, work Buffer) (Step, error) {
	s := &cpuStep[T]{kernel: p.kernel, in: make([][]T, len(in))}
	lens := p.desc.Inputs()
	if len(lens) != len(in) {
		return nil, fmt.Errorf("%T: %d operands, want %d", p.desc, len(in), len(lens))
	}
	if layout, ok := p.PackedLayout(); ok {
		lens[weightsAt] = layout.Len
	}
	var err error
	if s.out, err = operand[T](out, p.desc.Output()); err != nil {
		return nil, fmt.Errorf("%T output: %w", p.desc, err)
	}
	if n := kernel.AuxLen(p.desc); n > 0 {
		if s.ctx.Aux, err = operand[T](aux, n); err != nil {
			return nil, fmt.Errorf("%T second output: %w", p.desc, err)
		}
	}
	for i, b := range in {
		if s.in[i], err = operand[T](b, lens[i]); err != nil {
			return nil, fmt.Errorf("%T input %d: %w", p.desc, i, err)
		}
	}
	s.ctx.Pool = p.pool
	if p.work > 0 {
		if work == nil || work.Len() < p.work {
			return nil, fmt.Errorf("%T: needs scratch of %d elements", p.desc, p.work)
		}
		if s.ctx.Work, err = operand[T](work, work.Len()); err != nil {
			return nil, fmt.Errorf("%T scratch: %w", p.desc, err)
		}
	}
	return s, nil
}

// operand is the slice behind a buffer of this backend.
func operand[T kernel.Float](b Buffer, n int) ([]T, error) {
	s, ok := b.(cpuBuffer[T])
	if !ok {
		return nil, fmt.Errorf("%T is not cpu memory of the right type", b)
	}
	if len(s) != n {
		return nil, fmt.Errorf("%d elements, want %d", len(s), n)
	}
	return s, nil
}

type cpuStep[T kernel.Float] struct {
	kernel kernel.Kernel[T]
	ctx    kernel.Ctx[T]
	out    []T
	in     [][]T
}

func (s *cpuStep[T]) Run() error {
	s.kernel.Run(&s.ctx, s.out, s.in)
	return nil
}

// cpuBuffer is host memory.
type cpuBuffer[T kernel.Float] []T

func (b cpuBuffer[T]) Len() int { return len(b) }

func (b cpuBuffer[T]) Slice(from, n int) Buffer { return b[from : from+n : from+n] }

func (b cpuBuffer[T]) Write(src []float32) error   { return convert(b, src) }
func (b cpuBuffer[T]) Read(dst []float32) error    { return convert(dst, b) }
func (b cpuBuffer[T]) Write64(src []float64) error { return convert(b, src) }
func (b cpuBuffer[T]) Read64(dst []float64) error  { return convert(dst, b) }

func (b cpuBuffer[T]) Host() []float32 {
	s, _ := any([]T(b)).([]float32)
	return s
}

func convert[D, S kernel.Float](dst []D, src []S) error {
	if len(dst) != len(src) {
		return fmt.Errorf("copy of %d elements to %d", len(src), len(dst))
	}
	for i, v := range src {
		dst[i] = D(v)
	}
	return nil
}
