package graph

import (
	"gorgonia.org/tensor"

	"csl/internal/kernel"
)

// Backend computes: it owns memory and turns descriptors into programs. Nothing above this seam may
// assume that values can be read directly; a device backend queues steps and copies on demand.
// One machine of a backend runs at a time.
type Backend interface {
	// Name says what computes, for reports: "cpu avx2, 2 threads".
	Name() string
	// Alloc returns n zeroed elements of dt.
	Alloc(dt tensor.Dtype, n int) (Buffer, error)
	// Share returns a buffer that is host's memory, if the backend computes there; else false.
	// Whoever writes to host afterwards changes the buffer.
	Share(host []float32) (Buffer, bool)
	// Compile plans one operation.
	Compile(dt tensor.Dtype, d kernel.Desc) (Program, error)
	// Finish waits until all steps that were run are done.
	Finish() error
}

// Host is a backend that computes in host memory and lends its threads and kernels to work beside graphs:
// an optimizer's steps, the sums of a metric. Workflows take a Host and name no backend.
type Host interface {
	Backend
	// Threads is the number of threads, at least 1.
	Threads() int
	// Pool runs jobs on those threads, between the runs of machines.
	Pool() *kernel.Pool
	// Kernels is the set that float32 is computed with.
	Kernels() kernel.Set[float32]
}

// Buffer is a piece of a backend's memory.
type Buffer interface {
	// Len is the length in elements.
	Len() int
	// Slice is the part of n elements from element from on; it shares memory.
	Slice(from, n int) Buffer
	// Write copies src in, Read copies out into dst, converting if the buffer holds float64.
	// Lengths must be equal.
	Write(src []float32) error
	Read(dst []float32) error
	// Write64 and Read64 do the same from and to float64.
	Write64(src []float64) error
	Read64(dst []float64) error
	// Host is the memory itself where it is host memory of float32, else nil.
	Host() []float32
}

// Program is a planned operation.
type Program interface {
	// Work is the scratch that a run needs, in elements.
	Work() int
	// PackedLayout is what the constant weights of the operation, its second operand, are packed to for Bind; ok is
	// false if it has none.
	PackedLayout() (layout kernel.PackedLayout, ok bool)
	// Pack returns src, weights as the descriptor has them, in that layout, in new memory. work has at least
	// PackWork elements.
	Pack(src, work Buffer) (Buffer, error)
	PackWork() int
	// Bind fixes the operands. aux is the second output of a kernel.TwoOutput, else nil. work has at least Work
	// elements; its contents may change.
	Bind(out, aux Buffer, in []Buffer, work Buffer) (Step, error)
}

// Step is an operation on fixed operands.
type Step interface {
	// Run starts the operation; operations complete in the order of their starts. It does not
	// allocate.
	Run() error
}
