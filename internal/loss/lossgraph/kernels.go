package lossgraph

import (
	"csl/internal/kernel"
	"csl/internal/loss"
)

// matrix is the shape of a loss: one cell per image and class.
type matrix struct{ rows, classes int }

func (m matrix) len() int { return m.rows * m.classes }

// fused describes a loss. Inputs: logits, labels [rows, classes]. Output: the gradient by the logits,
// then the terms.
type fused struct {
	matrix
	loss loss.Bound
}

// lossValue takes the terms out of the output of fused. Inputs: logits (not read: it ties the value
// to what it is differentiable by), that output. Output: [loss.TermCount].
type lossValue struct{ matrix }

// lossBack takes the gradient out of the output of fused, times the seed's element loss.TermTotal.
// Inputs: that output, seed [loss.TermCount]. Output: [rows, classes].
type lossBack struct{ matrix }

// Operand lengths.
func (d fused) Inputs() []int     { return []int{d.len(), d.len()} }
func (d fused) Output() int       { return d.len() + loss.TermCount }
func (d lossValue) Inputs() []int { return []int{d.len(), d.len() + loss.TermCount} }
func (d lossValue) Output() int   { return loss.TermCount }
func (d lossBack) Inputs() []int  { return []int{d.len() + loss.TermCount, loss.TermCount} }
func (d lossBack) Output() int    { return d.len() }

// FLOPs counts a transcendental function as one operation.
func (d fused) FLOPs() int64     { return 12 * int64(d.len()) }
func (d lossValue) FLOPs() int64 { return 0 }
func (d lossBack) FLOPs() int64  { return int64(d.len()) }

// The kernels, in both element types.
func (d fused) Kernel32(set kernel.Set[float32]) kernel.Kernel[float32] {
	return newFused[float32](set, d)
}
func (d fused) Kernel64() kernel.Kernel[float64] { return newFused[float64](nil, d) }
func (d lossValue) Kernel32(kernel.Set[float32]) kernel.Kernel[float32] {
	return valueKernel[float32]{d}
}
func (d lossValue) Kernel64() kernel.Kernel[float64] { return valueKernel[float64]{d} }
func (d lossBack) Kernel32(kernel.Set[float32]) kernel.Kernel[float32] {
	return &backKernel[float32]{lossBack: d}
}
func (d lossBack) Kernel64() kernel.Kernel[float64] { return &backKernel[float64]{lossBack: d} }

type fusedKernel[T kernel.Float] struct{ runner loss.Runner[T] }

func newFused[T kernel.Float](set kernel.Set[float32], d fused) kernel.Kernel[T] {
	return fusedKernel[T]{loss.RunnerOf[T](set, d.loss, d.rows, d.classes)}
}

func (k fusedKernel[T]) Work(int) int { return 0 }

func (k fusedKernel[T]) Run(c *kernel.Ctx[T], out []T, in [][]T) {
	n := len(out) - loss.TermCount
	loss.PutTerms(out[n:], k.runner.Run(c.Pool, in[0], in[1], out[:n]))
}

type valueKernel[T kernel.Float] struct{ lossValue }

func (k valueKernel[T]) Work(int) int { return 0 }

func (k valueKernel[T]) Run(_ *kernel.Ctx[T], out []T, in [][]T) { copy(out, in[1][k.len():]) }

// maxChunks are the jobs of a pass.
const maxChunks = 32

// backKernel is its own task: rows are jobs.
type backKernel[T kernel.Float] struct {
	lossBack
	out, all []T
	seed     T
}

func (k *backKernel[T]) Work(int) int { return 0 }

func (k *backKernel[T]) Run(c *kernel.Ctx[T], out []T, in [][]T) {
	k.out, k.all, k.seed = out, in[0], in[1][loss.TermTotal]
	c.Pool.Run(min(k.rows, maxChunks), k)
	k.out, k.all = nil, nil
}

// Do scales one chunk of rows; the seed of a training step is 1.
func (k *backKernel[T]) Do(chunk, _ int) {
	chunks := min(k.rows, maxChunks)
	from, to := chunk*k.rows/chunks*k.classes, (chunk+1)*k.rows/chunks*k.classes
	if k.seed == 1 {
		copy(k.out[from:to], k.all[from:to])
		return
	}
	for i, v := range k.all[from:to] {
		k.out[from+i] = v * k.seed
	}
}
