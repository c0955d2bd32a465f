//go:build mpi && linux

package mpi

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
	"unsafe"

	"csl/internal/dist"

	"github.com/ebitengine/purego"
)

// transport is a [dist.Transport] over all ranks of the job. Calls are started and then asked for until they are over, with pauses,
// so that a rank that waits leaves its processor to those that compute, notices an abort and does not wait for ever.
type transport struct {
	lib        *library
	rank, size int
	host       string
	timeout    time.Duration

	once       sync.Once
	code       int
	pauses     pauses
	requested  chan struct{}  // an abort with that code
	terminated chan os.Signal // the launcher ends this process

	// Arguments in C's layout, which stay where they are.
	send, recv counts
	request    uintptr
	flag       int32
}

// counts are lengths and offsets of parts.
type counts struct{ lengths, offsets []int32 }

// begin initialises MPI and finds this rank's place.
func (t *transport) begin() error {
	provided := new(int32)
	if err := t.call("MPI_Init_thread", t.lib.calls.initThread, 0, 0, t.lib.abi.funneled, uintptr(unsafe.Pointer(provided))); err != nil {
		return err
	}
	if uintptr(*provided) < t.lib.abi.funneled {
		return fmt.Errorf("%s gives level %d of threads; csl needs MPI_THREAD_FUNNELED", t.lib.version, *provided)
	}
	world := t.lib.abi.world
	if err := t.call("MPI_Comm_set_errhandler", t.lib.calls.setErrhandler, world, t.lib.abi.errorsReturn); err != nil {
		return err
	}
	rank, size := new(int32), new(int32)
	if err := t.call("MPI_Comm_rank", t.lib.calls.rank, world, uintptr(unsafe.Pointer(rank))); err != nil {
		return err
	}
	if err := t.call("MPI_Comm_size", t.lib.calls.size, world, uintptr(unsafe.Pointer(size))); err != nil {
		return err
	}
	t.rank, t.size = int(*rank), int(*size)
	for _, c := range []*counts{&t.send, &t.recv} {
		c.lengths, c.offsets = make([]int32, t.size), make([]int32, t.size)
	}
	return nil
}

func (t *transport) Rank() int { return t.rank }
func (t *transport) Size() int { return t.size }

// Exchange implements [dist.Transport] with MPI_Ialltoallv.
func (t *transport) Exchange(send, recv dist.Parts) error {
	t.send.set(send)
	t.recv.set(recv)
	t.send.lengths[t.rank], t.recv.lengths[t.rank] = 0, 0
	var pin runtime.Pinner
	defer pin.Unpin()
	from, to := address(&pin, send.Bytes), address(&pin, recv.Bytes)
	kind := t.lib.abi.byte
	err := t.call("MPI_Ialltoallv", t.lib.calls.alltoallv,
		from, t.send.lengthsAt(), t.send.offsetsAt(), kind, to, t.recv.lengthsAt(), t.recv.offsetsAt(), kind,
		t.lib.abi.world, uintptr(unsafe.Pointer(&t.request)))
	if err != nil {
		return err
	}
	return t.wait("MPI_Ialltoallv")
}

// Share implements [dist.Transport] with MPI_Iallgatherv.
func (t *transport) Share(buf dist.Parts) error {
	t.recv.set(buf)
	var pin runtime.Pinner
	defer pin.Unpin()
	to := address(&pin, buf.Bytes)
	kind := t.lib.abi.byte
	err := t.call("MPI_Iallgatherv", t.lib.calls.allgatherv,
		t.lib.abi.inPlace, 0, kind, to, t.recv.lengthsAt(), t.recv.offsetsAt(), kind,
		t.lib.abi.world, uintptr(unsafe.Pointer(&t.request)))
	if err != nil {
		return err
	}
	return t.wait("MPI_Iallgatherv")
}

// set fills in the layout of p, whose bytes are few enough for MPI's int: package dist moves at most some MiB.
func (c counts) set(p dist.Parts) {
	for i := range c.lengths {
		c.lengths[i], c.offsets[i] = int32(p.Bounds[i+1]-p.Bounds[i]), int32(p.Bounds[i])
	}
}

func (c counts) lengthsAt() uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(c.lengths))) }
func (c counts) offsetsAt() uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(c.offsets))) }

// address is where b lies, and will lie until the pinner is done.
func address(pin *runtime.Pinner, b []byte) uintptr {
	if cap(b) == 0 {
		return 0
	}
	p := unsafe.SliceData(b)
	pin.Pin(p)
	return uintptr(unsafe.Pointer(p))
}

const (
	quietNap  = 400 * time.Microsecond // pause while nobody waits: each costs some microseconds of a computation beside it
	leastNap  = 20 * time.Microsecond  // first pause when somebody has waited for long
	longNap   = 500 * time.Microsecond // longest of those
	napShare  = 20                     // such a pause is that part of the time that was waited: so much longer it takes at most
	eager     = 5 * time.Millisecond   // how long to look without pauses when somebody waits
	aftertime = 3 * time.Second        // for MPI_Abort to end the process
)

// Hurry implements [dist.Transport].
func (t *transport) Hurry(waiting bool) { t.pauses.hurry(waiting) }

// wait asks for the request until it is over. While a computation goes on beside it, it pauses between looks. When
// somebody waits, it looks again and again for a while, and lets other threads have the processor in between if they want it.
func (t *transport) wait(name string) error {
	start := time.Now()
	var hurried time.Time // since then
	for {
		if err := t.call("MPI_Test", t.lib.calls.test,
			uintptr(unsafe.Pointer(&t.request)), uintptr(unsafe.Pointer(&t.flag)), t.lib.abi.statusIgnore); err != nil {
			return err
		}
		if t.flag != 0 {
			return nil
		}
		select {
		case <-t.requested:
			t.End()
			return errors.New("aborted")
		default:
		}
		now := time.Now()
		if now.Sub(start) > t.timeout {
			return fmt.Errorf("%s: other ranks did not come within %v (CSL_MPI_TIMEOUT)", name, t.timeout)
		}
		if !t.pauses.hurried.Load() {
			t.pauses.nap(quietNap)
			continue
		}
		if hurried.IsZero() {
			hurried = now
		}
		if now.Sub(hurried) < eager {
			yield()
		} else {
			t.pauses.sleep(min(max(now.Sub(start)/napShare, leastNap), longNap))
		}
	}
}

// Abort implements [dist.Transport]. The thread that makes all calls calls MPI_Abort, unless it is stuck in another one.
func (t *transport) Abort(code int, cause string) {
	t.once.Do(func() {
		if t.rank == 0 || t.alone() {
			fmt.Fprintf(os.Stderr, "csl: rank %d of %d on %s: %s\n", t.rank, t.size, t.host, cause)
		}
		t.code = code
		close(t.requested)
		time.Sleep(aftertime)
	})
	os.Exit(code)
}

// alone waits a while and reports whether the launcher has not ended this process meanwhile: where all ranks fail alike, one
// message is enough, that of the lowest rank, which has ended the others by then.
func (t *transport) alone() bool {
	select {
	case <-t.terminated:
		return false
	case <-time.After(min(1500*time.Millisecond+time.Duration(t.rank)*20*time.Millisecond, 3*time.Second)):
		return true
	}
}

// Ending implements [dist.Transport].
func (t *transport) Ending() <-chan struct{} { return t.requested }

// End implements [dist.Transport]: it ends all ranks, this one too.
func (t *transport) End() { purego.SyscallN(t.lib.calls.abort, t.lib.abi.world, uintptr(t.code)) }

// Close implements [dist.Transport].
func (t *transport) Close() error {
	return t.call("MPI_Finalize", t.lib.calls.finalize)
}

// call calls a function of the library that returns an error code.
//
//go:uintptrescapes
func (t *transport) call(name string, f uintptr, args ...uintptr) error {
	r, _, _ := purego.SyscallN(f, args...)
	code := int32(r)
	if code == 0 {
		return nil
	}
	text, length := make([]byte, 1024), new(int32) // more than MPI_MAX_ERROR_STRING of any ABI
	purego.SyscallN(t.lib.calls.errorString, uintptr(code), uintptr(unsafe.Pointer(&text[0])), uintptr(unsafe.Pointer(length)))
	return fmt.Errorf("%s: %s (code %d)", name, bytes.TrimSpace(text[:max(0, min(int(*length), len(text)))]), code)
}
