// Package dist lets several processes ("ranks") work on one job: sums, broadcasts and gathers whose results are the
// same bits on all of them and in every run with as many ranks.
//
// A [Group] is one rank's view of the others. [Single] is a group of one, in which everything is done at once;
// [Local] makes groups of goroutines, for tests; package dist/mpi makes them of processes under mpirun. How a
// launcher is recognised stands here as well, since a program without MPI has to recognise it, too. What a job does with
// its ranks does not belong here.
//
// # Order of additions
//
// Sums are not left to MPI_Allreduce, whose order of additions is up to the library and may change with the
// size of the message or the number of ranks. A buffer is cut into one block per rank; each rank receives its block
// of all others (MPI_Ialltoallv), adds them in the order of ranks, and sends the result to all
// (MPI_Iallgatherv). These two move bytes and do no arithmetic, so that the order is ours. Every sum has one
// owner, hence all ranks hold the same bits; each rank moves 2(n-1)/n of the buffer in either
// direction, as a ring all-reduce does. float32 values are added in float64 and rounded once.
package dist

import "time"

// Group is one rank's view of the ranks that work on one job. All ranks call the same methods in the same order, with
// buffers of the same length unless it says otherwise; what one of them is not called for, the others wait
// for. Calls are done one after the other, those that were started ([Group.StartSumFloat32]) included.
// Methods may be called by one goroutine at a time, Abort by any.
//
// An error means that the group is broken: all later calls fail with it, and the process should end.
type Group interface {
	// Rank is this rank's number, 0 to Size()-1.
	Rank() int
	// Size is the number of ranks, at least 1.
	Size() int

	// SumFloat32 replaces each value by the sum over all ranks.
	SumFloat32(buf []float32) error
	// SumFloat64 is the same in float64, added in the order of ranks.
	SumFloat64(buf []float64) error
	// SumInt64 is the same for integers; overflow wraps.
	SumInt64(buf []int64) error
	// MaxInt64 replaces each value by the largest of all ranks.
	MaxInt64(buf []int64) error
	// StartSumFloat32 starts a SumFloat32 and returns at once; buf must be neither read nor changed before Wait
	// has returned. It serves to send gradients while others are still being computed.
	StartSumFloat32(buf []float32) Request
	// StartSumFloat64 is the same for a SumFloat64.
	StartSumFloat64(buf []float64) Request

	// Broadcast replaces the bytes of all ranks by those of root.
	Broadcast(buf []byte, root int) error
	// AllGather returns what each rank gave, by rank. Lengths may differ.
	AllGather(mine []byte) ([][]byte, error)
	// Gather is AllGather for root alone; the others get nil.
	Gather(mine []byte, root int) ([][]byte, error)
	// Barrier returns when all ranks have called it.
	Barrier() error

	// As says what the next call is for, such as "gradients", and returns the group: Kinds are by that.
	As(purpose string) Group
	// Traffic says what has been sent and how long it took.
	Traffic() Traffic
	// Kinds are the parts of Traffic by what the calls were for, in the order of their names.
	Kinds() []Kind

	// Abort ends the whole job with the exit code: the calls of other ranks fail, under MPI all processes
	// end, this one included. cause goes to standard error before, with rank and host, unless another rank
	// was faster.
	Abort(code int, cause string)
	// Forsake is Abort where other ranks cannot be reached any more. The launcher, which would wait for them until TCP
	// gives up, is asked to end as well.
	Forsake(code int, cause string)
	// Close leaves the group after all ranks have called it. Nothing may be called afterwards.
	Close() error
}

// Request is a call that was started.
type Request interface {
	// Wait returns when it is done. It may be called once.
	Wait() error
}

// Kind is the traffic of the calls for one purpose.
type Kind struct {
	Purpose string // as [Group.As] was told; "other" where it was not
	Traffic
}

// Traffic is what a rank has exchanged since the start.
type Traffic struct {
	Calls int64         // calls of methods that communicate
	Bytes int64         // bytes of payload that this rank sent
	Busy  time.Duration // for how long calls were under way, waiting for other ranks included
	Wait  time.Duration // for how long callers waited for them: what overlaps with other work is not in it
}
