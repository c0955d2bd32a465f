//go:build mpi && linux

// Command testrank is a rank for the tests of package mpi: mpirun starts several, which do every call of a group, compare what
// comes out with a loop over ranks, and print one line each. Its argument says how it ends.
package main

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"csl/internal/dist"
	"csl/internal/dist/mpi"
)

func main() {
	what := "all"
	if len(os.Args) > 1 {
		what = os.Args[1]
	}
	timeout, _ := time.ParseDuration(os.Getenv("CSL_MPI_TIMEOUT"))
	g, err := mpi.Join(mpi.Options{Library: os.Getenv("CSL_MPI_LIBRARY"), Timeout: timeout})
	if err == nil {
		err = run(g, what)
		if err != nil {
			g.Abort(1, err.Error())
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "testrank:", err)
		os.Exit(1)
	}
}

func run(g dist.Group, what string) error {
	switch what {
	case "all":
		if err := everything(g); err != nil {
			return err
		}
	case "abort": // one rank ends with an error while the others wait for it
		if err := g.Barrier(); err != nil {
			return err
		}
		if g.Rank() == last(g) {
			return fmt.Errorf("made up: the disk is full")
		}
		return g.Barrier()
	case "alike": // all ranks end with the same error
		return fmt.Errorf("made up: no such setting")
	case "kill": // one rank is killed while the others wait for it
		if err := g.Barrier(); err != nil {
			return err
		}
		if g.Rank() == last(g) {
			return syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
		return g.Barrier()
	case "absent": // one rank does not come
		if g.Rank() == last(g) {
			time.Sleep(time.Minute)
		}
		return g.Barrier()
	default:
		return fmt.Errorf("what is %q?", what)
	}
	return g.Close()
}

func last(g dist.Group) int { return g.Size() - 1 }

// everything does each call with the garbage collector, other goroutines and signals at work beside it.
func everything(g dist.Group) error {
	stop := make(chan struct{})
	defer close(stop)
	go disturb(stop)
	sum := crc32.NewIEEE()
	for _, n := range []int{0, 1, g.Size(), 1000, 3 << 20} {
		all := make([][]float32, g.Size())
		for r := range all {
			all[r] = numbers(r, n)
		}
		mine := append([]float32(nil), all[g.Rank()]...)
		var started []dist.Request
		for lo := 0; lo < n; lo += 1 << 20 {
			started = append(started, g.StartSumFloat32(mine[lo:min(n, lo+1<<20)]))
		}
		for _, r := range started {
			if err := r.Wait(); err != nil {
				return err
			}
		}
		for i, v := range mine {
			var want float64
			for _, part := range all {
				want += float64(part[i])
			}
			if v != float32(want) {
				return fmt.Errorf("sum of %d, at %d: %v, want %v", n, i, v, float32(want))
			}
			bits := math.Float32bits(v)
			_, _ = sum.Write([]byte{byte(bits), byte(bits >> 8), byte(bits >> 16), byte(bits >> 24)})
		}
	}
	if err := small(g); err != nil {
		return err
	}
	if out, err := exec.Command("/bin/echo", "child").Output(); err != nil || string(out) != "child\n" {
		return fmt.Errorf("a child process: %q, %w", out, err)
	}
	tr := g.Traffic()
	fmt.Printf("rank %d of %d: sums %08x, %d calls, %d bytes\n", g.Rank(), g.Size(), sum.Sum32(), tr.Calls, tr.Bytes)
	return nil
}

// small does the other calls.
func small(g dist.Group) error {
	n := int64(g.Size())
	ints := []int64{1, int64(g.Rank())}
	if err := g.SumInt64(ints); err != nil || ints[0] != n || ints[1] != n*(n-1)/2 {
		return fmt.Errorf("sum of integers: %v, %w", ints, err)
	}
	largest := []int64{int64(g.Rank()), -int64(g.Rank())}
	if err := g.MaxInt64(largest); err != nil || largest[0] != n-1 || largest[1] != 0 {
		return fmt.Errorf("largest: %v, %w", largest, err)
	}
	f := []float64{0.5}
	if err := g.SumFloat64(f); err != nil || f[0] != float64(n)/2 {
		return fmt.Errorf("sum of float64: %v, %w", f, err)
	}
	text := []byte("from rank " + strconv.Itoa(g.Rank()))
	all, err := g.AllGather(bytes.Repeat(text, g.Rank()))
	if err != nil {
		return err
	}
	for r, b := range all {
		if want := bytes.Repeat([]byte("from rank "+strconv.Itoa(r)), r); !bytes.Equal(b, want) {
			return fmt.Errorf("gathered from rank %d: %q", r, b)
		}
	}
	if all, err = g.Gather(text, last(g)); err != nil || (all == nil) == (g.Rank() == last(g)) {
		return fmt.Errorf("gathered at the last rank: %q, %w", all, err)
	}
	if err := g.Broadcast(text, last(g)); err != nil || string(text) != "from rank "+strconv.Itoa(last(g)) {
		return fmt.Errorf("broadcast: %q, %w", text, err)
	}
	return g.Barrier()
}

func numbers(rank, n int) []float32 {
	r := rand.New(rand.NewPCG(3, uint64(rank)))
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(math.Ldexp(r.Float64()-0.5, r.IntN(40)-20))
	}
	return v
}

// disturb keeps the runtime busy: garbage, goroutines, signals of the scheduler (preemption).
func disturb(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(5 * time.Millisecond):
			_ = make([]byte, 1<<20)
			runtime.GC()
		}
	}
}
