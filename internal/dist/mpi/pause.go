//go:build mpi && linux

package mpi

import (
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// pauses are those of the thread that makes all calls, between looks at the one under way. Go's timers are as coarse as a millisecond where
// a process has nothing else to do, so that they are the system's.
type pauses struct {
	bell    int         // an eventfd that ends a pause; below 0: there is none
	hurried atomic.Bool // somebody waits for the call
	napping atomic.Bool
}

// begin is of the thread whose pauses they are.
func (p *pauses) begin() {
	// Pauses end in time: Linux adds up to 50 microseconds otherwise.
	const setTimerSlack, nanoseconds = 29, 1000 // PR_SET_TIMERSLACK
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, setTimerSlack, nanoseconds, 0)
	fd, _, errno := syscall.RawSyscall(syscall.SYS_EVENTFD2, 0, syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if p.bell = int(fd); errno != 0 {
		p.bell = -1
	}
}

// hurry sets whether somebody waits, and ends the pause if so.
func (p *pauses) hurry(waiting bool) {
	p.hurried.Store(waiting)
	if waiting && p.napping.Load() {
		one := uint64(1)
		_, _, _ = syscall.RawSyscall(syscall.SYS_WRITE, uintptr(p.bell), uintptr(unsafe.Pointer(&one)), unsafe.Sizeof(one))
	}
}

// nap pauses, but not if somebody waits or comes to wait meanwhile, as long as there is nobody.
func (p *pauses) nap(pause time.Duration) {
	p.napping.Store(true)
	if !p.hurried.Load() {
		p.sleep(pause)
	}
	p.napping.Store(false)
}

// sleep pauses until the bell rings or the time is over.
func (p *pauses) sleep(pause time.Duration) {
	watched := struct {
		fd              int32
		events, revents int16
	}{fd: int32(p.bell), events: 1} // POLLIN; a negative descriptor is passed over
	until := syscall.NsecToTimespec(int64(pause))
	n, _, _ := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&watched)), 1, uintptr(unsafe.Pointer(&until)), 0, 0, 0)
	if n == 1 {
		var rung uint64
		_, _, _ = syscall.RawSyscall(syscall.SYS_READ, uintptr(p.bell), uintptr(unsafe.Pointer(&rung)), unsafe.Sizeof(rung))
	}
}

// yield lets other threads run that want this processor.
func yield() { _, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }
