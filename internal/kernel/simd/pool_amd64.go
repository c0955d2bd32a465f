package simd

import (
	"csl/internal/kernel"
	"csl/internal/kernel/plan"
)

// blendFunc is a generated sum of three weighted lines: see asm.Blend3AVX2.
type blendFunc func(n, c int, out, src *float32, off *int32, weight *float32)

// maxTaps is the number of lines that blend3 adds up.
const maxTaps = 3

// newPool plans d if it is a pool that reduces sides by two, or its gradient; else nil.
func (s *simd) newPool(d kernel.Desc) kernel.Kernel[float32] {
	switch d := d.(type) {
	case kernel.BlurPool:
		return s.newSeparable(d.N, d.H, d.W, d.C, plan.BlurTaps(d.H), plan.BlurTaps(d.W))
	case kernel.BlurPoolGrad:
		return s.newSeparable(d.N, kernel.Half(d.H), kernel.Half(d.W), d.C, plan.Transpose(plan.BlurTaps(d.H), d.H), plan.Transpose(plan.BlurTaps(d.W), d.W))
	case kernel.AvgPool:
		return s.newSeparable(d.N, d.H, d.W, d.C, plan.AverageTaps(d.H), plan.AverageTaps(d.W))
	case kernel.AvgPoolGrad:
		return s.newSeparable(d.N, kernel.Half(d.H), kernel.Half(d.W), d.C, plan.Transpose(plan.AverageTaps(d.H), d.H), plan.Transpose(plan.AverageTaps(d.W), d.W))
	}
	return nil
}

// separable is the linear map of newSeparable, one dimension after the other: a job blends the input
// rows of an output row into its worker's scratch, then the pixels of that row into the output.
type separable struct {
	s           *simd
	h, w, c     int
	outH, outW  int
	n           int
	rows, cols  tapTable
	x, out, tmp []float32
}

// tapTable holds maxTaps offsets and weights per output line.
type tapTable struct {
	off    []int32
	weight []float32
}

func (s *simd) newSeparable(n, h, w, c int, rows, cols []plan.LineTaps) kernel.Kernel[float32] {
	k := &separable{s: s, n: n, h: h, w: w, c: c, outH: len(rows), outW: len(cols)}
	var ok bool
	if k.rows, ok = newTapTable(rows, w*c); !ok || c < s.lanes {
		return nil
	}
	if k.cols, ok = newTapTable(cols, c); !ok {
		return nil
	}
	return k
}

// newTapTable lists the taps of lines size elements apart. Taps that are missing weigh nothing and
// look where the first tap does. ok is false where a line has more than maxTaps, or none.
func newTapTable(lines []plan.LineTaps, size int) (t tapTable, ok bool) {
	for _, taps := range lines {
		if len(taps) == 0 || len(taps) > maxTaps {
			return t, false
		}
		for i := range maxTaps {
			line, weight := taps[0].Line, 0.0
			if i < len(taps) {
				line, weight = taps[i].Line, taps[i].Weight
			}
			t.off = append(t.off, int32(line*size))
			t.weight = append(t.weight, float32(weight))
		}
	}
	return t, true
}

// Work is a row of every worker.
func (k *separable) Work(workers int) int { return workers * k.w * k.c }

// Run implements Kernel.
func (k *separable) Run(c *kernel.Ctx[float32], out []float32, in [][]float32) {
	k.x, k.out, k.tmp = in[0], out, c.Work
	c.Pool.Run(k.n*k.outH, k)
	k.x, k.out, k.tmp = nil, nil, nil
}

// Do implements Task: one row of the output.
func (k *separable) Do(job, worker int) {
	img, row := job/k.outH, job%k.outH
	tmp := k.tmp[worker*k.w*k.c:][:k.w*k.c]
	x := &k.x[img*k.h*k.w*k.c]
	k.s.blend3(1, k.w*k.c, &tmp[0], x, &k.rows.off[row*maxTaps], &k.rows.weight[row*maxTaps])
	k.s.blend3(k.outW, k.c, &k.out[job*k.outW*k.c], &tmp[0], &k.cols.off[0], &k.cols.weight[0])
}
