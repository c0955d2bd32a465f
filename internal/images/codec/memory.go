package codec

import (
	"fmt"
	"sync"
)

// DefaultMaxMemory is how many bytes the images being decoded may take together unless told otherwise: 1 GiB.
const DefaultMaxMemory = 1 << 30

// Memory is a budget in bytes that decoders share: an image that does not fit in beside those being decoded waits for
// them. Its methods may be called from several goroutines; of a nil Memory the limit is DefaultMaxMemory, and nobody
// waits.
type Memory struct {
	limit int64

	mu   sync.Mutex
	free sync.Cond
	used int64
}

// NewMemory returns a budget of limit bytes; 0 for DefaultMaxMemory.
func NewMemory(limit int64) *Memory {
	if limit <= 0 {
		limit = DefaultMaxMemory
	}
	m := &Memory{limit: limit}
	m.free.L = &m.mu
	return m
}

// check refuses an image that takes more than the whole budget.
func (m *Memory) check(n int64) error {
	limit := int64(DefaultMaxMemory)
	if m != nil {
		limit = m.limit
	}
	if n > limit {
		const mib = 1 << 20
		return fmt.Errorf("%w: decoding it takes about %d MiB, the limit is %d MiB (max_image_memory)", ErrTooLarge, n/mib, limit/mib)
	}
	return nil
}

// acquire takes n bytes, at most the limit, after waiting until they are free.
func (m *Memory) acquire(n int64) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.used > 0 && m.used+n > m.limit {
		m.free.Wait()
	}
	m.used += n
}

// release gives n bytes back.
func (m *Memory) release(n int64) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.used -= n
	m.free.Broadcast()
}
