//go:build mpi && linux

package mpi

import (
	"syscall"
	"time"
)

// Go's timers are as coarse as a millisecond where a process has nothing else to do, so that pauses between looks are the
// system's.

// nap pauses the thread for a part of the time that was waited so far.
func nap(waited time.Duration) {
	pause := syscall.NsecToTimespec(int64(min(max(waited/napShare, leastNap), longNap)))
	_ = syscall.Nanosleep(&pause, nil) // a signal may end it early, which does no harm
}

// yield lets other threads run that want this processor.
func yield() { _, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }

// punctual has pauses of this thread end in time: Linux adds up to 50 microseconds otherwise.
func punctual() {
	const setTimerSlack, nanoseconds = 29, 1000 // PR_SET_TIMERSLACK
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, setTimerSlack, nanoseconds, 0)
}
