package loader

import "sync"

// freeList keeps what was used, to be used again. The zero value is empty.
type freeList[T any] struct {
	mu   sync.Mutex
	free []*T
}

// take returns one of the list, or a new one.
func (f *freeList[T]) take(make func() *T) *T {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.free); n > 0 {
		v := f.free[n-1]
		f.free = f.free[:n-1]
		return v
	}
	return make()
}

// give puts used ones back.
func (f *freeList[T]) give(used []*T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.free = append(f.free, used...)
}
