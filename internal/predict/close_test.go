package predict

import (
	"math"
	"runtime"
	"strings"
	"testing"

	"csl/internal/garbage"
	"csl/internal/model"
)

// A training run makes runners at every validation, all in the arena of its nets.
func TestClosedRunnersLeaveNothingInTheirArena(t *testing.T) {
	be, w := newCPU(t), weights(t)
	arena := model.NewArena(be)
	pix := make([]float32, 2*64*64*3)
	use := func() {
		r, err := New(be, w, arena, 4, 64, 64)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Logits(pix, 2); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	heap := func() uint64 {
		runtime.GC()
		runtime.GC() // Gorgonia's pools are emptied by the second
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	use()
	before := heap()
	const rounds = 20
	for range rounds {
		use()
	}
	// One runner holds the packed weights, half a megabyte, and more.
	if grown := int64(heap()) - int64(before); grown > rounds*100_000 {
		t.Errorf("%d closed runners hold %d bytes", rounds, grown)
	}
	runtime.KeepAlive(arena)
}

func TestMoreImagesThanTheOneBatchAreAnError(t *testing.T) {
	r, err := New(newCPU(t), weights(t), nil, 4, 64, 64)
	if err != nil {
		t.Fatal(err)
	}
	r.FixBatch(2)
	if _, err := r.Logits(noise(3*64*64*3), 3); err == nil || !strings.Contains(err.Error(), "batch of 2") {
		t.Errorf("3 images in a batch of 2: %v", err)
	}
}

func TestEvenBatchesAreAsFewAndAsFullAsPossible(t *testing.T) {
	for _, c := range [][3]int{{1, 8, 1}, {8, 8, 8}, {9, 8, 5}, {17, 8, 6}, {159, 64, 53}, {1000, 64, 63}, {5, 1, 1}, {0, 8, 8}, {4, 0, 0}} {
		if got := EvenBatch(c[0], c[1]); got != c[2] {
			t.Errorf("%d images in batches of %d at the most: %d, want %d", c[0], c[1], got, c[2])
		}
	}
}

func TestReleasingWeightsGivesTheSameLogits(t *testing.T) {
	be, w := newCPU(t), weights(t)
	pix := noise(3 * 64 * 64 * 3)
	var want []float32
	for _, up := range []bool{false, true} {
		r, err := New(be, w, nil, 4, 64, 64)
		if err != nil {
			t.Fatal(err)
		}
		if up {
			w.Release(garbage.Hooks{})
			r.FixBatch(3)
		}
		var got []float32
		for _, n := range []int{2, 3, 2} { // fewer images run as a whole batch
			run := n
			if !up {
				run = 3 // kernels are chosen by the size of the batch, and other kernels round differently
			}
			logits, err := r.Logits(pix[:run*64*64*3], run)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, logits[:n*len(logits)/run]...)
		}
		if want == nil {
			want = got
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("logit %d: %v, want %v", i, got[i], want[i])
			}
		}
	}
}

func TestAHugeBatchSizeDoesNotOverflow(t *testing.T) {
	if got := EvenBatch(8, math.MaxInt); got != 8 {
		t.Errorf("8 images in batches of any size: %d", got)
	}
}
