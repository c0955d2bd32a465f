package checkpoint

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// openView maps the bytes of f from at up to, but without, end: nothing is copied, and what several processes use is in
// memory once. The view may begin before at.
func openView(f *os.File, at, end int64) (view, error) {
	page := int64(os.Getpagesize())
	begin := at / page * page
	b, err := unix.Mmap(int(f.Fd()), begin, int(end-begin), unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		return view{}, fmt.Errorf("map %d bytes: %w", end-begin, err)
	}
	return view{at: begin, bytes: b, close: func() error { return unix.Munmap(b) }}, nil
}
