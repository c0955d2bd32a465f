package loss

import "csl/internal/kernel"

// matrix is the shape of a loss: one cell per image and class.
type matrix struct{ rows, classes int }

func (m matrix) size() matrix { return m }
func (m matrix) len() int     { return m.rows * m.classes }

// fused describes a cell-wise loss. Inputs: logits, labels [rows, classes]. Output: the gradient by
// the logits, then the PartCount parts.
type fused struct {
	matrix
	spec spec
}

// fusedSingle describes the single-label loss; operands as fused.
type fusedSingle struct {
	matrix
	opt SingleOptions
}

// lossValue takes the parts out of the output of fused. Inputs: logits (not read: it ties the value
// to what it is differentiable by), that output. Output: [PartCount].
type lossValue struct{ matrix }

// lossBack takes the gradient out of the output of fused, times the seed's element PartTotal.
// Inputs: that output, seed [PartCount]. Output: [rows, classes].
type lossBack struct{ matrix }

// Operand lengths.
func (d fused) Inputs() []int       { return []int{d.len(), d.len()} }
func (d fused) Output() int         { return d.len() + PartCount }
func (d fusedSingle) Inputs() []int { return []int{d.len(), d.len()} }
func (d fusedSingle) Output() int   { return d.len() + PartCount }
func (d lossValue) Inputs() []int   { return []int{d.len(), d.len() + PartCount} }
func (d lossValue) Output() int     { return PartCount }
func (d lossBack) Inputs() []int    { return []int{d.len() + PartCount, PartCount} }
func (d lossBack) Output() int      { return d.len() }

// FLOPs counts a transcendental function as one operation.
func (d fused) FLOPs() int64       { return 12 * int64(d.len()) }
func (d fusedSingle) FLOPs() int64 { return 12 * int64(d.len()) }
func (d lossValue) FLOPs() int64   { return 0 }
func (d lossBack) FLOPs() int64    { return int64(d.len()) }

// The kernels, in both element types.
func (d fused) Kernel32() kernel.Kernel[float32] { return newFused[float32](d) }
func (d fused) Kernel64() kernel.Kernel[float64] { return newFused[float64](d) }
func (d fusedSingle) Kernel32() kernel.Kernel[float32] {
	return &singleKernel[float32]{d, newSingle[float32](d.opt)}
}

func (d fusedSingle) Kernel64() kernel.Kernel[float64] {
	return &singleKernel[float64]{d, newSingle[float64](d.opt)}
}
func (d lossValue) Kernel32() kernel.Kernel[float32] { return valueKernel[float32]{d} }
func (d lossValue) Kernel64() kernel.Kernel[float64] { return valueKernel[float64]{d} }
func (d lossBack) Kernel32() kernel.Kernel[float32]  { return &backKernel[float32]{lossBack: d} }
func (d lossBack) Kernel64() kernel.Kernel[float64]  { return &backKernel[float64]{lossBack: d} }

type fusedKernel[T kernel.Float] struct{ e *Evaluator[T] }

func newFused[T kernel.Float](d fused) kernel.Kernel[T] {
	return fusedKernel[T]{newEvaluator[T](d.spec, d.rows, d.classes)}
}

func (k fusedKernel[T]) Work(int) int { return 0 }

func (k fusedKernel[T]) Run(c *kernel.Ctx[T], out []T, in [][]T) {
	n := len(out) - PartCount
	putParts(out[n:], k.e.Run(c.Pool, in[0], in[1], out[:n]))
}

type singleKernel[T kernel.Float] struct {
	fusedSingle
	single single[T]
}

func (k *singleKernel[T]) Work(int) int { return 0 }

func (k *singleKernel[T]) Run(_ *kernel.Ctx[T], out []T, in [][]T) {
	var p Parts
	used := 0
	for r := range k.rows {
		labels := in[1][r*k.classes : (r+1)*k.classes]
		n := countLabels(labels)
		p.add(&n)
		if n.Positives > 0 {
			used++
		}
	}
	for r := range k.rows {
		from, to := r*k.classes, (r+1)*k.classes
		target := firstPositive(in[1][from:to])
		if target < 0 {
			clear(out[from:to])
			continue
		}
		p.Positive += k.single.row(in[0][from:to], target, out[from:to], 1/float64(used))
	}
	p.Total = p.Positive
	putParts(out[k.len():], p)
}

// firstPositive is the number of the first class labelled 1, or -1.
func firstPositive[T kernel.Float](labels []T) int {
	for k, y := range labels {
		if y == 1 {
			return k
		}
	}
	return -1
}

type valueKernel[T kernel.Float] struct{ lossValue }

func (k valueKernel[T]) Work(int) int { return 0 }

func (k valueKernel[T]) Run(_ *kernel.Ctx[T], out []T, in [][]T) { copy(out, in[1][k.len():]) }

// backKernel is its own task: rows are jobs.
type backKernel[T kernel.Float] struct {
	lossBack
	out, all []T
	seed     T
}

func (k *backKernel[T]) Work(int) int { return 0 }

func (k *backKernel[T]) Run(c *kernel.Ctx[T], out []T, in [][]T) {
	k.out, k.all, k.seed = out, in[0], in[1][PartTotal]
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
