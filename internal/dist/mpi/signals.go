//go:build mpi && linux

package mpi

import (
	"syscall"
	"unsafe"
)

const (
	signals      = 64
	kernelAction = 32 // bytes of the kernel's struct sigaction on 64-bit machines: handler, flags, restorer, mask
	kernelMask   = 8
	// The C library's threads have 32 and 33 for themselves.
	firstOfC, lastOfC = 32, 33
)

// saved are the actions of all signals.
type saved [signals + 1]struct {
	action [kernelAction]byte
	known  bool
}

// actions reads the action of every signal.
func actions() *saved {
	s := &saved{}
	for n := 1; n <= signals; n++ {
		_, _, errno := syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(n), 0, uintptr(unsafe.Pointer(&s[n].action)), kernelMask, 0, 0)
		s[n].known = errno == 0
	}
	return s
}

// restore gives the signals back to Go's runtime that a library has taken since.
func (s *saved) restore() {
	now := actions()
	for n := 1; n <= signals; n++ {
		if n >= firstOfC && n <= lastOfC || !s[n].known || s[n].action == now[n].action {
			continue
		}
		// It worked when it was read, so that it can only fail for signals that cannot be changed either.
		_, _, _ = syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(n), uintptr(unsafe.Pointer(&s[n].action)), 0, kernelMask, 0, 0)
	}
}
