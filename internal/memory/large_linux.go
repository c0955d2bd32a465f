package memory

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// largePage is the size of the large pages of x86-64 and of ARM with small pages of 4 kB.
	largePage = 2 << 20
	// worthAPage is the size from which memory gets large pages that it shares with its neighbours.
	worthAPage = largePage / 8
)

// LargePages asks for large pages for memory that was just made and that nobody has touched: walking through
// hundreds of megabytes in small ones keeps the processor busy with page tables, in a virtual machine twice. The
// first and the last page may hold neighbours on the heap, too, which is cut into pieces of whole large pages:
// tensors made one after the other lie next to each other. Memory that is freed keeps its pages for who gets it
// next. Where the system has none to give, nothing changes.
func LargePages[T float32 | float64](v []T) {
	size := uintptr(len(v)) * unsafe.Sizeof(*new(T))
	if size < worthAPage {
		return
	}
	first := uintptr(unsafe.Pointer(&v[0]))
	from, end := first&^(largePage-1), (first+size+largePage-1)&^(largePage-1)
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, from, end-from, unix.MADV_HUGEPAGE) // advice may be declined
}
