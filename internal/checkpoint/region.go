package checkpoint

import (
	"compress/flate"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"
)

// region is a part of a file that tensors lie in. Before anything of it is
// read, all of it is compared with its CRC-32, where the file has one: a
// flipped bit in a weight shows nowhere else.
type region struct {
	data io.ReaderAt
	at   int64 // in the file, where it is known
	size int64
	what string // for errors, such as `entry "archive/data/0"`
	sum  *uint32

	once sync.Once
	err  error
}

// ReadAt reads after the check; it may be called from several goroutines. A read of everything is checked as it is.
func (r *region) ReadAt(p []byte, at int64) (int, error) {
	read := false
	r.once.Do(func() {
		if read = at == 0 && int64(len(p)) == r.size; !read {
			r.err = r.verify()
			return
		}
		n, err := r.data.ReadAt(p, 0)
		if n == len(p) {
			err = nil // io.EOF may come with the last byte
		}
		switch {
		case err != nil:
			r.err = fmt.Errorf("%s: %w", r.what, err)
		case r.sum != nil:
			r.err = r.compare(crc32.ChecksumIEEE(p))
		}
	})
	switch {
	case r.err != nil:
		return 0, r.err
	case read:
		return len(p), nil
	}
	return r.data.ReadAt(p, at)
}

// compare is an error unless the sum of all bytes is what the file says.
func (r *region) compare(sum uint32) error {
	if sum != *r.sum {
		return fmt.Errorf("%s is damaged: its CRC-32 is %08x, but the file says %08x", r.what, sum, *r.sum)
	}
	return nil
}

// verify reads everything once.
func (r *region) verify() error {
	if r.sum == nil {
		return nil
	}
	sum := crc32.NewIEEE()
	n, err := io.CopyBuffer(sum, io.NewSectionReader(r.data, 0, r.size), make([]byte, chunkBytes))
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", r.what, err)
	case n != r.size:
		return fmt.Errorf("%s: %w", r.what, io.ErrUnexpectedEOF)
	}
	return r.compare(sum.Sum32())
}

// inflated reads compressed bytes as if they were stored. Reading on where the
// last read ended costs nothing; reading anywhere else begins at the start.
type inflated struct {
	open func() io.ReadCloser
	size int64

	mu  sync.Mutex
	in  io.ReadCloser // nil: not begun
	pos int64
}

// newInflated reads a raw deflate stream that becomes size bytes.
func newInflated(packed *io.SectionReader, size int64) *inflated {
	return &inflated{size: size, open: func() io.ReadCloser {
		return flate.NewReader(io.NewSectionReader(packed, 0, packed.Size()))
	}}
}

// ReadAt may be called from several goroutines.
func (f *inflated) ReadAt(p []byte, at int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if at < 0 || at >= f.size {
		return 0, io.EOF
	}
	short := int64(len(p)) > f.size-at
	if short {
		p = p[:f.size-at]
	}
	if f.in == nil || at < f.pos {
		f.in, f.pos = f.open(), 0
	}
	if _, err := io.CopyN(io.Discard, f.in, at-f.pos); err != nil {
		return 0, f.fail(err)
	}
	n, err := io.ReadFull(f.in, p)
	if f.pos = at + int64(n); err != nil {
		return n, f.fail(err)
	}
	if short {
		return n, io.EOF
	}
	return n, nil
}

// fail says why inflating stopped; the next read begins at the start.
func (f *inflated) fail(err error) error {
	f.in, f.pos = nil, 0
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("compressed data is damaged: %w", err)
}
