// Package kernel says what the arithmetic is: one descriptor type per operation (desc_*.go) with its checks, the
// interfaces of kernels and sets of them, and the pool that runs their jobs. It computes nothing itself. The
// implementations lie below it: portable (plain Go, generic over float32 and float64), simd (faster float32 kernels:
// drivers that know no instruction set) over asm (generated assembly), and plan, which they share; kernels chooses
// among them. None of them knows graphs, files or models; of losses and optimizers they know only the innermost
// loops (focal.go, adam.go).
//
// All tensors are dense and row-major; images and feature maps are [N,H,W,C] (NHWC), convolution
// weights [K,K,Ci,Co], linear weights [In,Out].
//
// Every kernel cuts its work into jobs whose number and borders depend on the shape alone, never on
// the number of workers, and reduces partial results in a fixed order: results are bit-identical
// for any number of threads.
package kernel

// Float is an element type that kernels compute in.
type Float interface{ float32 | float64 }

// Desc describes one operation completely: its kind (the Go type) and its static shape (the
// fields). Descriptors are plain comparable values; a backend turns one into a Kernel.
type Desc interface {
	// Inputs and Output are the lengths, in elements, of the operands of the operation.
	Inputs() []int
	Output() int
	// FLOPs is the number of floating point operations of one run, a multiply-add counted as two.
	FLOPs() int64
}

// TwoOutput is a descriptor of two operations in one pass over memory, of which the second makes something
// small of the first one's output. Its kernels write the auxiliary output to Ctx.Aux.
type TwoOutput interface {
	Desc
	// Aux is the length, in elements, of the second output.
	Aux() int
}

// AuxLen is the length of the second output of d, 0 if it has none.
func AuxLen(d Desc) int {
	if p, ok := d.(TwoOutput); ok {
		return p.Aux()
	}
	return 0
}

// Kernel is a planned computation: made once per graph node, run many times, never allocating.
type Kernel[T Float] interface {
	// Run computes out from in. The operands have exactly the lengths that the descriptor states.
	// out may be the same memory as an input only where the descriptor's comment allows it. Run is not
	// reentrant: a kernel keeps the operands of the current run in itself.
	Run(c *Ctx[T], out []T, in [][]T)
	// Work is the scratch length, in elements, that Run needs in Ctx.Work with that many workers.
	Work(workers int) int
}

// Ctx is what a run may use besides its operands.
type Ctx[T Float] struct {
	Pool *Pool // runs the jobs
	Work []T   // scratch, at least as long as Kernel.Work(Pool.Workers()); contents undefined
	Aux  []T   // the second output of a TwoOutput; it overlaps no other operand
}

// Set makes kernels of one implementation.
type Set[T Float] interface {
	// Name is how CSL_KERNELS and reports call the implementation, such as "portable" or "avx2".
	Name() string
	// New plans d. An unknown descriptor is an error that names its type.
	New(d Desc) (Kernel[T], error)
}

// Custom is a descriptor that brings its own portable kernels. Packages above kernel (the losses)
// use it, so that a Set can plan operations which it does not know. Set.New calls it last, with the set itself.
type Custom interface {
	Desc
	// Kernel32 may use what set has besides kernels, such as a Focal.
	Kernel32(set Set[float32]) Kernel[float32]
	Kernel64() Kernel[float64]
}
