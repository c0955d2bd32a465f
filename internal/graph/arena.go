package graph

import (
	"fmt"

	"gorgonia.org/tensor"

	"csl/internal/memory"
)

// worthAsking is a size below which nobody is asked whether there is enough memory.
const worthAsking = 64 << 20

// Arena is memory that machines which never run at the same time share: one for values, one for
// kernel scratch. It grows to what the largest machine needs. Values that a machine kept are lost
// when another machine of the arena runs.
type Arena struct {
	be           Backend
	dt           tensor.Dtype
	values, work Buffer
	users        map[*Machine]struct{} // whose steps point into the memory
	between      func(done, total int) error
}

// Between has f called before every operation of the arena's machines, with how many of the run's are done;
// nil ends it. An error ends the run: what was to be computed is then not valid, and what consumers were
// given before they keep.
func (a *Arena) Between(f func(done, total int) error) { a.between = f }

// NewArena makes an empty arena of dt.
func NewArena(be Backend, dt tensor.Dtype) *Arena {
	return &Arena{be: be, dt: dt, users: map[*Machine]struct{}{}}
}

// Bytes is what the arena holds now, scratch included.
func (a *Arena) Bytes() int64 {
	n := 0
	for _, b := range []Buffer{a.values, a.work} {
		if b != nil {
			n += b.Len()
		}
	}
	return int64(n) * int64(a.dt.Size())
}

// ensure grows the arena to at least these numbers of elements of values and scratch.
func (a *Arena) ensure(values, work int) error {
	for _, part := range []struct {
		buf  *Buffer
		want int
	}{{&a.values, values}, {&a.work, work}} {
		if *part.buf != nil && (*part.buf).Len() >= part.want {
			continue
		}
		// Nothing may hold on to the old piece while the new one is made.
		*part.buf = nil
		for m := range a.users {
			m.unbind()
		}
		if bytes := memory.Product(int64(part.want), int64(a.dt.Size())); bytes > worthAsking {
			if err := memory.Need("the values of a batch need", bytes); err != nil {
				return err
			}
		}
		b, err := a.be.Alloc(a.dt, part.want)
		if err != nil {
			return fmt.Errorf("arena of %d elements: %w", part.want, err)
		}
		*part.buf = b
	}
	return nil
}
