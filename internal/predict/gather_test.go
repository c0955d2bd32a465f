package predict

import (
	"reflect"
	"sync"
	"testing"

	"csl/internal/dist"
)

func TestRankZeroGathersTheBatchesOfARoundInTheOrderOfRanks(t *testing.T) {
	want := []int{7, 8, 3}
	first, second := []float32{70, 71, 80, 81, 30, 31}, []float32{-70, -71, -80, -81, -30, -31}
	has := [][2]int{{0, 2}, {2, 2}, {2, 3}} // of these images; rank 1 has none
	var wg sync.WaitGroup
	for rank, g := range dist.Local(3) {
		wg.Go(func() {
			from, to := has[rank][0], has[rank][1]
			samples, sets, err := Gather(g, 2, want[from:to], first[2*from:2*to], second[2*from:2*to])
			if err != nil {
				t.Error(err)
			}
			every, of, err := GatherForAll(g, 2, want[from:to], first[2*from:2*to], second[2*from:2*to])
			if err != nil || !reflect.DeepEqual(every, want) || !reflect.DeepEqual(of, [][]float32{first, second}) {
				t.Errorf("for all, rank %d: %v, %v, %v", rank, every, of, err)
			}
			if rank > 0 {
				if samples != nil || sets != nil {
					t.Errorf("rank %d got %v, %v", rank, samples, sets)
				}
				return
			}
			if !reflect.DeepEqual(samples, want) || !reflect.DeepEqual(sets, [][]float32{first, second}) {
				t.Errorf("%v, %v", samples, sets)
			}
		})
	}
	wg.Wait()
}
