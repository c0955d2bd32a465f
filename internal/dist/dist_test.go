package dist

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// onRanks runs f as every rank of a group of n and returns the errors.
func onRanks(n int, f func(g Group) error) []error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i, g := range Local(n) {
		all.Go(func() { errs[i] = f(g) })
	}
	all.Wait()
	return errs
}

func mustAll(t *testing.T, errs []error) {
	t.Helper()
	for rank, err := range errs {
		if err != nil {
			t.Errorf("rank %d: %v", rank, err)
		}
	}
}

// values are numbers of a rank: of very different size, so that the order of additions shows.
func values(rank, n int) []float32 {
	r := rand.New(rand.NewPCG(7, uint64(rank)))
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(math.Ldexp(r.Float64()-0.5, r.IntN(40)-20))
	}
	return v
}

// reduced are the results that every rank must have.
type reduced struct {
	f32          []float32
	f64          []float64
	sum, largest []int64
}

// inputs are what a rank brings.
func inputs(rank, n int) reduced {
	in := reduced{values(rank, n), make([]float64, n), make([]int64, n), make([]int64, n)}
	for i, v := range in.f32 {
		in.f64[i], in.sum[i], in.largest[i] = float64(v)/3, int64(v*1000), -int64(v*1000)
	}
	return in
}

// naive is one loop over ranks.
func naive(ranks, n int) reduced {
	all := inputs(0, n)
	exact := make([]float64, n)
	for i, v := range all.f32 {
		exact[i] = float64(v)
	}
	for r := 1; r < ranks; r++ {
		in := inputs(r, n)
		for i := range n {
			exact[i] += float64(in.f32[i])
			all.f64[i] += in.f64[i]
			all.sum[i] += in.sum[i]
			all.largest[i] = max(all.largest[i], in.largest[i])
		}
	}
	for i, v := range exact {
		all.f32[i] = float32(v)
	}
	return all
}

func TestReductionsAreThoseOfOneLoopOverRanks(t *testing.T) {
	for ranks := 1; ranks <= 5; ranks++ {
		for _, n := range []int{0, 1, 3, ranks, ranks + 1, 4097, chunk/4 + 5} {
			want := naive(ranks, n)
			mustAll(t, onRanks(ranks, func(g Group) error {
				got := inputs(g.Rank(), n)
				err := errors.Join(g.SumFloat32(got.f32), g.SumFloat64(got.f64), g.SumInt64(got.sum), g.MaxInt64(got.largest))
				if err == nil && !reflect.DeepEqual(got, want) {
					err = fmt.Errorf("%d values on %d ranks differ from the loop", n, ranks)
				}
				return err
			}))
		}
	}
}

func TestStartedSumsAreDoneInTurnWithOtherCalls(t *testing.T) {
	const n, buckets = 1000, 40
	mustAll(t, onRanks(3, func(g Group) error {
		in := values(g.Rank(), n*buckets)
		started := make([]Request, buckets)
		for i := range started {
			started[i] = g.StartSumFloat32(in[i*n : (i+1)*n])
		}
		count := []int64{1}
		if err := g.SumInt64(count); err != nil || count[0] != 3 {
			return fmt.Errorf("a sum behind the started ones: %d, %w", count[0], err)
		}
		for _, r := range started {
			if err := r.Wait(); err != nil {
				return err
			}
		}
		if want := naive(3, n*buckets).f32; !slices.Equal(in, want) {
			return errors.New("buckets differ from the sum of the whole")
		}
		if tr := g.Traffic(); tr.Calls != buckets+1 || tr.Bytes < 4*n*buckets || tr.Busy <= 0 {
			return fmt.Errorf("traffic %+v", tr)
		}
		return g.Close()
	}))
}

// text is what a rank gives: lengths differ, one is empty, one needs several rounds.
func text(rank int) []byte {
	return bytes.Repeat([]byte{byte('a' + rank)}, []int{5, 0, chunk + 3, 17}[rank])
}

func TestGathersKeepTheOrderOfRanks(t *testing.T) {
	for ranks := 1; ranks <= 4; ranks++ {
		mustAll(t, onRanks(ranks, func(g Group) error {
			all, err := g.AllGather(text(g.Rank()))
			if err != nil || len(all) != ranks {
				return fmt.Errorf("AllGather: %d parts, %w", len(all), err)
			}
			for r, b := range all {
				if !bytes.Equal(b, text(r)) {
					return fmt.Errorf("AllGather: part %d has %d bytes", r, len(b))
				}
			}
			root := ranks - 1
			all, err = g.Gather(text(g.Rank()), root)
			if err != nil || g.Rank() != root && all != nil {
				return fmt.Errorf("Gather: %d parts, %w", len(all), err)
			}
			for r, b := range all {
				if !bytes.Equal(b, text(r)) {
					return fmt.Errorf("Gather: part %d has %d bytes", r, len(b))
				}
			}
			return g.Barrier()
		}))
	}
}

func TestBroadcastGivesAllTheBytesOfRoot(t *testing.T) {
	for ranks := 1; ranks <= 4; ranks++ {
		for _, n := range []int{0, 1, 2, 1001, chunk + 9} {
			for root := range ranks {
				mustAll(t, onRanks(ranks, func(g Group) error {
					buf := bytes.Repeat([]byte{byte(g.Rank())}, n)
					if err := g.Broadcast(buf, root); err != nil {
						return err
					}
					if !bytes.Equal(buf, bytes.Repeat([]byte{byte(root)}, n)) {
						return fmt.Errorf("%d bytes of rank %d are others on rank %d", n, root, g.Rank())
					}
					return nil
				}))
			}
		}
	}
	for _, err := range onRanks(2, func(g Group) error { return g.Broadcast(nil, 2) }) {
		if err == nil || !strings.Contains(err.Error(), "root is rank 2") {
			t.Errorf("a root that does not exist: %v", err)
		}
	}
}

func TestCallsThatDoNotFitTogetherAreErrors(t *testing.T) {
	for _, err := range onRanks(2, func(g Group) error { return g.SumInt64(make([]int64, 4+2*g.Rank())) }) {
		if err == nil || !strings.Contains(err.Error(), "expects") {
			t.Errorf("sums of different lengths: %v", err)
		}
	}
	for _, err := range onRanks(2, func(g Group) error {
		if g.Rank() == 1 {
			return g.Barrier()
		}
		return g.SumInt64(make([]int64, small))
	}) {
		if err == nil || !strings.Contains(err.Error(), "while rank") {
			t.Errorf("a sum against a barrier: %v", err)
		}
	}
}

func TestAbortEndsTheCallsOfAllRanks(t *testing.T) {
	errs := onRanks(3, func(g Group) error {
		if g.Rank() == 1 {
			g.Abort(7, "disk full")
		}
		err := g.Barrier()
		if again := g.SumInt64([]int64{1}); again == nil || again.Error() != err.Error() {
			return fmt.Errorf("a call after the group broke: %w", again)
		}
		return err
	})
	for rank, err := range errs {
		if err == nil || !strings.Contains(err.Error(), "rank 1 ended the job with code 7: disk full") {
			t.Errorf("rank %d: %v", rank, err)
		}
	}
}

func TestNothingIsCalledAfterClose(t *testing.T) {
	mustAll(t, onRanks(2, func(g Group) error {
		if err := g.Close(); err != nil {
			return err
		}
		if err := g.Barrier(); !errors.Is(err, errClosed) {
			return fmt.Errorf("after Close: %w", err)
		}
		return nil
	}))
}

func TestTogetherEndsWhenAllRanksAreDone(t *testing.T) {
	var done atomic.Int32
	for rank, err := range onRanks(3, func(g Group) error {
		err := Together(g, func() error {
			time.Sleep(time.Duration(g.Rank()) * 20 * time.Millisecond)
			done.Add(1)
			if g.Rank() == 1 {
				return errors.New("no")
			}
			return nil
		})
		if n := done.Load(); n != 3 {
			t.Errorf("rank %d goes on when %d are done", g.Rank(), n)
		}
		return err
	}) {
		if (err != nil) != (rank == 1) {
			t.Errorf("rank %d: %v", rank, err)
		}
	}
}

func TestAgreeNamesTheRanksThatDiffer(t *testing.T) {
	for _, c := range []struct {
		digests []string
		want    string
	}{
		{[]string{"a", "a", "a"}, ""},
		{[]string{"a", "b", "a"}, "rank 1 has another digest of labels than rank 0"},
		{[]string{"a", "b", "c"}, "ranks 1, 2 have other digests of labels than rank 0"},
		{[]string{"a"}, ""},
	} {
		for rank, err := range onRanks(len(c.digests), func(g Group) error {
			return Agree(g, "labels", []byte(c.digests[g.Rank()]))
		}) {
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, rank %d: %v", c.digests, rank, err)
			}
		}
	}
}

func TestAnyIsYesWhereOneRankSaysYes(t *testing.T) {
	for yes := -1; yes < 3; yes++ {
		mustAll(t, onRanks(3, func(g Group) error {
			got, err := Any(g, g.Rank() == yes)
			if err == nil && got != (yes >= 0) {
				err = fmt.Errorf("rank %d says yes: %v", yes, got)
			}
			return err
		}))
	}
}
