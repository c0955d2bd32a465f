package kerneltest

import (
	"fmt"
	"testing"

	"csl/internal/kernel"
)

// naiveAux computes the second output of d from its inputs and from the first output as it was stored.
func naiveAux(d kernel.TwoOutput, in [][]float64, first []float64) (want, magnitude []float64) {
	switch d := d.(type) {
	case kernel.ConvStats:
		return naive(kernel.BNStats{Rows: d.N * d.H * d.W, C: d.Co}, [][]float64{first})
	case kernel.ABNResidualReduce:
		abn := kernel.ABNShape{Rows: d.Rows, C: d.C, Slope: 1}
		unused := make([]float64, d.C) // gamma and beta
		return naive(kernel.ABNReduce{ABNShape: abn}, [][]float64{in[2], first, in[3], unused, unused})
	}
	panic(fmt.Sprintf("no definition of the second output of %T", d))
}

// compareSecond holds the second output of d, if it has one, to its definition. out is the outputs, one
// behind the other.
func compareSecond[T kernel.Float](d kernel.Desc, in [][]T, out []T) error {
	pair, ok := d.(kernel.TwoOutput)
	if !ok {
		return nil
	}
	n := d.Output()
	want, magnitude := naiveAux(pair, widenAll(in), widenAll([][]T{out[:n]})[0])
	if err := compare(out[n:], want, magnitude, secondTolerance[T]()); err != nil {
		return fmt.Errorf("second output: %w", err)
	}
	return nil
}

// secondTolerance is the bound for second outputs: statistics and sums.
func secondTolerance[T kernel.Float]() float64 { return tolerance[T](kernel.BNStats{}) }

// testLargeMeanOfConv is testLargeMean for the statistics of convolutions that copy their input.
func testLargeMeanOfConv[T kernel.Float](t *testing.T, set kernel.Set[T], p *kernel.Pool) {
	for _, k := range []int{1, 3} {
		d := kernel.ConvStats{ConvShape: kernel.ConvShape{N: 5, H: 25, W: 40, Ci: 16, Co: 16, K: k}}
		conv, err := set.New(d)
		if err != nil {
			t.Fatal(err)
		}
		in := inputs[T](d)
		for i := range in[0] {
			in[0][i] = in[0][i]*0.1 + T(1000*(1+i%d.Ci))
		}
		in[0][3] = 0 // the first row of a channel may be far from its mean
		clear(in[1])
		for c := range d.Ci {
			in[1][(k*k/2*d.Ci+c)*d.Co+c] = 1
		}
		out, err := run(conv, p, d, in, -1)
		if err != nil {
			t.Fatal(err)
		}
		want, magnitude := naiveAux(d, nil, widenAll([][]T{out[:d.Output()]})[0])
		if err := compare(out[d.Output():], want, magnitude, largeMeanTolerance[T]()); err != nil {
			t.Errorf("%+v: %v", d, err)
		}
	}
}
