package graph

import (
	"sync"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// meeting adds up over parts that run at the same time.
type meeting struct {
	mu    sync.Mutex
	moved *sync.Cond
	parts int
	came  int
	round int
	sum   []float64
}

func newMeeting(parts int) *meeting {
	m := &meeting{parts: parts}
	m.moved = sync.NewCond(&m.mu)
	return m
}

// sharer is the Sharer of one part.
type sharer struct {
	*meeting
	share float64
}

func (s *sharer) Share() (float64, bool) { return s.share, s.share >= 0 }

func (s *sharer) Sum(v []float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.came == 0 {
		s.sum = make([]float64, len(v))
	}
	for i, x := range v {
		s.sum[i] += x
	}
	sum := s.sum
	if s.came++; s.came == s.parts {
		s.came = 0
		s.round++
		s.moved.Broadcast()
	} else {
		for round := s.round; round == s.round; {
			s.moved.Wait()
		}
	}
	copy(v, sum)
}

// normed is a net with both kinds of norms over n images, those from number first on of a batch.
type normed struct {
	g    *Graph
	out  *G.Node
	kept []*G.Node // statistics, gradients
	v    values
}

func newNormed(t *testing.T, dt tensor.Dtype, first, n int, by Sharer) *normed {
	t.Helper()
	b := &normed{g: newGraph(t, dt), v: values{}}
	images := func(seed uint64, name string, shape ...int) *G.Node {
		node, err := b.g.Input(name, append([]int{n}, shape...)...)
		must(t, node, err)
		size := node.Shape().TotalSize() / n
		b.v[node] = normals(seed, 16*size)[first*size : (first+n)*size]
		return node
	}
	var wrt []*G.Node
	weights := func(name string, shape ...int) *G.Node {
		node, err := b.g.Input(name, shape...)
		must(t, node, err)
		wrt = append(wrt, node)
		b.v[node] = normals(uint64(len(wrt)), node.Shape().TotalSize())
		return node
	}
	ok := func(n *G.Node, err error) *G.Node { t.Helper(); return must(t, n, err) }
	x := images(50, "x", 6, 4, 3)
	y, stats1, err := ABN(ok(Conv(x, weights("w1", 3, 3, 3, 5))), weights("g1", 5), weights("b1", 5), 0.01, by)
	must(t, y, err)
	z, stats2, err := ABN(ok(Conv(y, weights("w2", 3, 3, 5, 5))), weights("g2", 5), weights("b2", 5), 1, by)
	must(t, z, err)
	z = ok(AddReLU(z, y)) // without it the third norm would take the shift of the second away
	y, stats3, err := ABNAddReLU(ok(Conv(z, weights("w3", 1, 1, 5, 5))), weights("g3", 5), weights("b3", 5), y, by)
	must(t, y, err)
	b.out = ok(GlobalPool(y))
	seed := images(60, "seed", 5)
	grads, err := Gradients(b.out, seed, wrt)
	if err != nil {
		t.Fatal(err)
	}
	b.kept = append([]*G.Node{stats1, stats2, stats3}, grads...)
	return b
}

// machine is the net's, ready to run.
func (b *normed) machine(t *testing.T) *Machine {
	t.Helper()
	be := newBackend(t, 1)
	m := newMachine(t, be, b.g, nil, append([]*G.Node{b.out}, b.kept...)...)
	bind(t, be, m, b.v)
	return m
}

// Norms whose batch is shared out equal those of the whole batch: the statistics are those of all, and gradients add
// up to those of all. The tolerance is rounding's: 3e-6 of the largest value in float32, 1e-13 in float64.
func TestNormsOfAPartHaveTheStatisticsOfTheWholeBatch(t *testing.T) {
	dtypes(t, func(t *testing.T, dt tensor.Dtype) {
		tolerance := 1e-13
		if dt == tensor.Float32 {
			tolerance = 3e-6
		}
		const images = 5
		whole := newNormed(t, dt, 0, images, nil)
		all := whole.machine(t)
		run(t, all)
		want := readAll(t, all, whole.kept)
		for _, sizes := range [][]int{{5}, {2, 3}, {1, 1, 3}, {1, 2, 1, 1}} {
			meet, first := newMeeting(len(sizes)), 0
			var nets []*normed
			var machines []*Machine
			for _, n := range sizes {
				b := newNormed(t, dt, first, n, &sharer{meet, float64(n) / images})
				nets, machines, first = append(nets, b), append(machines, b.machine(t)), first+n
			}
			var wg sync.WaitGroup
			for _, m := range machines {
				wg.Go(func() {
					if err := m.RunAll(); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			for i := range want {
				got := make([]float64, len(want[i]))
				for k, m := range machines {
					for j, v := range read(t, m, nets[k].kept[i]) {
						if i < 3 { // statistics, the same for all
							got[j] = v
						} else {
							got[j] += v
						}
					}
				}
				if d := relative(got, want[i]); d > tolerance {
					t.Errorf("%v, result %d: %.2g apart", sizes, i, d)
				}
			}
		}
	})
}

func TestANormIsOfItsOwnImagesWhileNothingIsShared(t *testing.T) {
	alone, shared := newNormed(t, tensor.Float32, 2, 3, nil), newNormed(t, tensor.Float32, 2, 3, &sharer{newMeeting(2), -1})
	a, s := alone.machine(t), shared.machine(t)
	run(t, a)
	run(t, s)
	sameBits(t, "not shared", readAll(t, s, shared.kept), readAll(t, a, alone.kept))
}
