package loss

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"csl/internal/kernel"
	"csl/internal/kernel/kerneltest"
)

// meeting is where the parts of a batch add numbers up: a sum is there when all parts came.
type meeting struct {
	mu    sync.Mutex
	moved *sync.Cond
	came  int
	round int
	ints  [][]int64
	reals [][]float64
}

func newMeeting(parts int) *meeting {
	m := &meeting{ints: make([][]int64, parts), reals: make([][]float64, parts)}
	m.moved = sync.NewCond(&m.mu)
	return m
}

// wait returns when all parts called it.
func (m *meeting) wait() {
	if m.came++; m.came == len(m.ints) {
		m.came = 0
		m.round++
		m.moved.Broadcast()
		return
	}
	for round := m.round; round == m.round; {
		m.moved.Wait()
	}
}

// part is a Whole of some images from number from on.
type part struct {
	*meeting
	number, here, all int
}

func (p part) Images() (here, all int) { return p.here, p.all }
func (p part) Part() (number, n int)   { return p.number, len(p.ints) }
func (p part) SumInt64(v []int64)      { addUp(p, p.ints, v) }
func (p part) SumFloat64(v []float64)  { addUp(p, p.reals, v) }

func addUp[T int64 | float64](p part, all [][]T, v []T) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all[p.number] = slices.Clone(v)
	p.wait()
	clear(v)
	for _, x := range all {
		for i := range v {
			v[i] += x[i]
		}
	}
	p.wait()
}

// inParts computes a loss with the images shared out to that many parts, which may have none.
func inParts(t *testing.T, b Bound, parts, rows, classes int, logits, labels []float32) ([]float32, Terms, []int) {
	t.Helper()
	m, grad, terms, courses := newMeeting(parts), make([]float32, len(logits)), make([]Terms, parts), make([]Course, parts)
	set := kerneltest.Best(t)
	var wg sync.WaitGroup
	for k := range parts {
		wg.Go(func() {
			first, last := k*rows/parts, (k+1)*rows/parts
			from, to := first*classes, last*classes
			x, y, g := logits[from:to], labels[from:to], grad[from:to]
			n := last - first
			if n == 0 { // of no image
				n, x, y, g = 1, make([]float32, classes), slices.Repeat([]float32{-2}, classes), make([]float32, classes)
			}
			p := part{m, k, last - first, rows}
			courses[k].Epoch = 2
			r := RunnerOf[float32](set, b.During(&courses[k]).Over(p), n, classes)
			for range 2 { // a runner remembers the last batch
				terms[k] = r.Run(nil, x, y, g)
			}
			if last == first && slices.ContainsFunc(g, func(v float32) bool { return v != 0 }) {
				t.Errorf("a gradient of no image: %v", g)
			}
		})
	}
	wg.Wait()
	var sum Terms
	for i := range terms {
		sum.add(&terms[i])
	}
	sum.Total = sum.Positive + sum.Negative + sum.Unknown
	var turned []int
	for k, c := range courses {
		for _, at := range c.Turned {
			turned = append(turned, k*rows/parts*classes+at)
		}
	}
	return grad, sum, turned
}

// TestPartsOfABatchComputeTheLossOfTheWholeBatch compares gradients to the bit where nothing but counts is added up,
// else, and sums of losses, within 1e-6 and 1e-12 of their size: the order of additions differs.
func TestPartsOfABatchComputeTheLossOfTheWholeBatch(t *testing.T) {
	const classes = 41
	prior := make([]float32, classes)
	for i := range prior {
		prior[i] = float32(i%7) / 6.5
	}
	for _, name := range Names() {
		for _, mode := range Modes() {
			c := Defaults()
			c.Name, c.Mode, c.PriorThreshold, c.TopK, c.Expected = name, mode, 0.5, 3, 2.5
			c.LargeLoss, c.CorrectAfter, c.Tau = 4, 0, 0.6
			if c.Validate() != nil {
				continue // not with this mode
			}
			for _, skips := range []bool{false, true} {
				if skips && mode != Selective {
					continue
				}
				c.TopKSkipsGated = skips
				for _, rows := range []int{3, 13, 70} {
					for _, decimals := range []float64{1, 1e5} { // few decimals make many ties
						bound, err := Bind(c, prior)
						if err != nil {
							t.Fatal(err)
						}
						logits, labels := sample(uint64(rows), rows*classes, 3, 0.7)
						for i, x := range logits {
							logits[i] = float32(math.Round(float64(x)*decimals) / decimals)
						}
						comparePartsWithWhole(t, bound, name == EPR || name == SingleLabel, rows, classes, logits, labels)
					}
				}
			}
		}
	}
}

func comparePartsWithWhole(t *testing.T, b Bound, sums bool, rows, classes int, logits, labels []float32) {
	t.Helper()
	want := make([]float32, len(logits))
	pool := kernel.NewPool(2)
	defer pool.Close()
	course := Course{Epoch: 2}
	all := RunnerOf[float32](kerneltest.Best(t), b.During(&course), rows, classes).Run(pool, logits, labels, want)
	for _, parts := range []int{1, 2, 3, 4, 5} {
		what := fmt.Sprintf("%+v: %d images in %d parts", b.spec, rows, parts)
		got, terms, turned := inParts(t, b, parts, rows, classes, logits, labels)
		if !slices.Equal(turned, course.Turned) {
			t.Fatalf("%s: turned %v, want %v", what, turned, course.Turned)
		}
		for i := range got {
			if diff := math.Abs(float64(got[i] - want[i])); got[i] != want[i] && (!sums || diff > 1e-6*math.Abs(float64(want[i]))) {
				t.Fatalf("%s: gradient %d is %v, want %v", what, i, got[i], want[i])
			}
		}
		for _, x := range [][2]float64{{terms.Total, all.Total}, {terms.Positive, all.Positive}, {terms.Negative, all.Negative}, {terms.Unknown, all.Unknown}} {
			if math.Abs(x[0]-x[1]) > 1e-12*math.Abs(x[1])+1e-300 {
				t.Fatalf("%s: loss %v, want %v", what, terms, all)
			}
		}
		terms.Total, terms.Positive, terms.Negative, terms.Unknown = all.Total, all.Positive, all.Negative, all.Unknown
		if terms != all {
			t.Fatalf("%s: counts %+v, want %+v", what, terms, all)
		}
	}
}
