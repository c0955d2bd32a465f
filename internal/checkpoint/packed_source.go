package checkpoint

import (
	"errors"
	"fmt"
	"hash/crc32"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"unsafe"

	"csl/internal/kernel"
)

// PackedSource hands out the packed weights of a file. While others prepare what they are for, goroutines compare them
// with their sums, in the order in which nets want them; that brings their pages to memory, too.
type PackedSource struct {
	sd    *StateDict
	view  view
	ready map[packedKey]*packedWeights
	order []*packedWeights
	next  atomic.Int64
	stop  atomic.Bool
	wg    sync.WaitGroup
}

// packedWeights are ready when done is closed.
type packedWeights struct {
	t    *Tensor
	data []float32
	raw  []byte
	done chan struct{}
	err  error
}

// view is a part of a file as memory.
type view struct {
	at    int64 // of the first byte in the file
	bytes []byte
	close func() error
}

// openPacked maps the packed weights of the file and begins to check them.
func (sd *StateDict) openPacked() (*PackedSource, error) {
	p := sd.File.packed
	if p == nil || len(p.tensors) == 0 || !littleEndian() {
		return nil, fmt.Errorf("checkpoint %q has no packed weights for this machine", sd.File.Path)
	}
	first, last := p.tensors[0].storage, p.tensors[0].storage
	for _, t := range p.tensors {
		if t.storage.at < first.at {
			first = t.storage
		}
		if t.storage.at > last.at {
			last = t.storage
		}
	}
	v, err := openView(sd.File.file, first.at, last.at+last.size)
	if err != nil {
		return nil, fmt.Errorf("checkpoint %q: packed weights: %w", sd.File.Path, err)
	}
	s := &PackedSource{sd: sd, view: v, ready: map[packedKey]*packedWeights{}}
	for i, t := range p.tensors {
		raw := v.bytes[t.storage.at-v.at:][:t.storage.size]
		data := unsafe.Slice((*float32)(unsafe.Pointer(&raw[0])), p.keys[i].layout.Len)
		w := &packedWeights{t: t, raw: raw, data: data, done: make(chan struct{})}
		s.ready[p.keys[i]], s.order = w, append(s.order, w)
	}
	for range min(maxReaders, runtime.GOMAXPROCS(0)) {
		s.wg.Go(s.check)
	}
	return s, nil
}

// check compares weights with their sums until there are no more.
func (s *PackedSource) check() {
	for {
		i := int(s.next.Add(1)) - 1
		if i >= len(s.order) {
			return
		}
		w := s.order[i]
		if s.stop.Load() {
			w.err = errors.New("the file was closed")
		} else {
			w.err = w.verify()
		}
		close(w.done)
	}
}

// verify compares the weights with their sum. A failing disk, or a file that someone cuts off meanwhile, shows as a fault
// of memory, which must not end the program.
func (w *packedWeights) verify() (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("%s cannot be read: the file was cut off meanwhile, or its disk fails", w.t.storage.what)
		}
	}()
	return w.t.storage.compare(crc32.ChecksumIEEE(w.raw))
}

// Packed implements model.PackedSource.
func (s *PackedSource) Packed(name string, layout kernel.PackedLayout) ([]float32, error) {
	w := s.ready[packedKey{name, layout}]
	if w == nil {
		return nil, nil
	}
	<-w.done
	if w.err != nil {
		return nil, fmt.Errorf("checkpoint %q: %w", s.sd.File.Path, w.err)
	}
	return w.data, nil
}

// Read implements model.PackedSource.
func (s *PackedSource) Read(name string, dst []float32) error { return s.sd.Read(name, dst) }

// Close ends the use of all weights that were handed out.
func (s *PackedSource) Close() error {
	s.stop.Store(true)
	s.wg.Wait()
	return s.view.close()
}
