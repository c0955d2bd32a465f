package graph

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size of the large pages of x86-64 and of ARM with small pages of 4 kB.
const hugePage = 2 << 20

// largePages asks for large pages for memory that was just made: walking through hundreds of megabytes in
// small ones keeps the processor busy with page tables, in a virtual machine twice. Where the system has none
// to give, nothing changes.
func largePages[T float32 | float64](v []T) {
	if len(v) == 0 {
		return
	}
	size := len(v) * int(unsafe.Sizeof(v[0]))
	skip := int(-uintptr(unsafe.Pointer(&v[0])) % hugePage)
	if whole := (size - skip) / hugePage * hugePage; whole > 0 {
		b := unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), size)
		_ = unix.Madvise(b[skip:skip+whole], unix.MADV_HUGEPAGE) // advice may be declined
	}
}
