package dist

import (
	"fmt"
	"sync"
)

// Local are the n groups of n ranks within this process, to be used by a goroutine each: for tests. Ranks whose
// calls or lengths do not fit together get an error that says so. Once a rank has called Abort, every call of
// all ranks fails with the cause.
func Local(n int) []Group {
	m := &meeting{n: n}
	m.changed.L = &m.mu
	groups := make([]Group, n)
	for i := range groups {
		if n == 1 {
			groups[i] = Single()
			continue
		}
		g, err := Open(func() (Transport, error) { return &local{m, i}, nil })
		if err != nil {
			panic(err) // connect never fails
		}
		groups[i] = g
	}
	return groups
}

// local is a rank's transport: it meets the others at each call.
type local struct {
	m    *meeting
	rank int
}

// meeting is where ranks of one process come together: each brings what it sends and where it wants to receive;
// the last one to come copies for all.
type meeting struct {
	n       int
	mu      sync.Mutex
	changed sync.Cond
	round   int
	here    []visit // of the round that is open
	err     error   // the group is broken
}

type visit struct {
	rank       int
	kind       string
	send, recv Parts
}

func (l *local) Rank() int { return l.rank }
func (l *local) Size() int { return l.m.n }

// Exchange implements [Transport].
func (l *local) Exchange(send, recv Parts) error {
	return l.m.meet(visit{l.rank, "exchange", send, recv})
}

// Share implements [Transport].
func (l *local) Share(buf Parts) error {
	return l.m.meet(visit{l.rank, "share", Parts{}, buf})
}

// Hurry implements [Transport]: who waits here sleeps until it is woken.
func (l *local) Hurry(bool) {}

// Close implements [Transport].
func (l *local) Close() error {
	zero := make([]int, l.m.n+1)
	return l.m.meet(visit{l.rank, "close", Parts{Bounds: zero}, Parts{Bounds: zero}})
}

// Abort implements [Transport].
func (l *local) Abort(code int, cause string) {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	if l.m.err == nil {
		l.m.err = fmt.Errorf("rank %d ended the job with code %d: %s", l.rank, code, cause)
	}
	l.m.changed.Broadcast()
}

// Forsake implements [Transport].
func (l *local) Forsake(code int, cause string) { l.Abort(code, cause) }

// Ending implements [Transport]: nobody has to be woken.
func (l *local) Ending() <-chan struct{} { return nil }

// End implements [Transport].
func (l *local) End() {}

// meet waits for all ranks.
func (m *meeting) meet(v visit) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	m.here = append(m.here, v)
	if len(m.here) == m.n {
		m.err = m.deliver()
		m.here = nil
		m.round++
		m.changed.Broadcast()
		return m.err
	}
	for round := m.round; m.round == round && m.err == nil; {
		m.changed.Wait()
	}
	return m.err
}

// deliver copies from all to all.
func (m *meeting) deliver() error {
	by := make([]visit, m.n)
	for _, v := range m.here {
		by[v.rank] = v
	}
	for _, to := range by {
		for _, from := range by {
			if from.kind != to.kind {
				return fmt.Errorf("rank %d calls %s while rank %d calls %s", from.rank, from.kind, to.rank, to.kind)
			}
			src, dst := from.send, to.recv
			part := to.rank
			if from.kind == "share" {
				src, part = from.recv, from.rank
			}
			a, b := src.Part(part), dst.Part(from.rank)
			if from.kind != "share" && from.rank == to.rank {
				continue
			}
			if len(a) != len(b) {
				return fmt.Errorf("rank %d sends %d bytes, of which rank %d expects %d", from.rank, len(a), to.rank, len(b))
			}
			copy(b, a)
		}
	}
	return nil
}
