package dist

import (
	"fmt"
	"runtime"
	"sync"
	"time"
)

// Open is a group over a transport. One goroutine, which stays on one thread of the operating system, calls
// connect and from then on every method of the transport but Abort: libraries of MPI ask for that.
func Open(connect func() (Transport, error)) (Group, error) {
	g := &group{work: make(chan *call, 64), closed: make(chan struct{}), kinds: map[string]*Kind{}}
	connected := make(chan error)
	go g.run(connect, connected)
	if err := <-connected; err != nil {
		return nil, err
	}
	return g, nil
}

// group is a [Group] over a transport.
type group struct {
	t      Transport
	work   chan *call
	closed chan struct{} // the goroutine has ended
	shut   bool          // Close was called; of the caller's side

	purpose string // of the next call; of the caller's side

	mu    sync.Mutex
	kinds map[string]*Kind

	// Of the goroutine that runs the calls:
	broken  error
	moved   int64 // bytes sent by the call under way
	scratch []byte
	sums    []float64
}

// call is something to do for the goroutine. Wait gets its result.
type call struct {
	g    *group
	name string
	kind *Kind
	do   func() error
	err  chan error
}

// run does the calls in turn until the channel is closed.
func (g *group) run(connect func() (Transport, error), connected chan<- error) {
	runtime.LockOSThread()
	t, err := connect()
	g.t = t
	connected <- err
	if err != nil {
		return
	}
	for {
		select {
		case c, more := <-g.work:
			if !more {
				close(g.closed)
				return
			}
			c.err <- g.one(c)
		case <-t.Ending():
			t.End()
			return
		}
	}
}

// one does a call, unless an earlier one failed.
func (g *group) one(c *call) error {
	if g.broken != nil {
		return g.broken
	}
	start := time.Now()
	g.moved = 0
	if err := c.do(); err != nil {
		g.broken = fmt.Errorf("%s: %w", c.name, err)
		return g.broken
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	c.kind.Add(Traffic{Calls: 1, Bytes: g.moved, Busy: time.Since(start)})
	return nil
}

// start hands a call to the goroutine.
func (g *group) start(name string, do func() error) Request {
	if g.shut {
		return done{errClosed}
	}
	c := &call{g: g, name: name, kind: g.kind(), do: do, err: make(chan error, 1)}
	g.work <- c
	return c
}

// Wait implements [Request].
func (c *call) Wait() error {
	select {
	case err := <-c.err:
		return err
	default:
	}
	start := time.Now()
	c.g.t.Hurry(true)
	err := <-c.err
	c.g.t.Hurry(false)
	c.g.mu.Lock()
	defer c.g.mu.Unlock()
	c.kind.Wait += time.Since(start)
	return err
}

func (g *group) Rank() int { return g.t.Rank() }
func (g *group) Size() int { return g.t.Size() }

// Abort implements [Group].
func (g *group) Abort(code int, cause string) { g.t.Abort(code, cause) }

// Forsake implements [Group].
func (g *group) Forsake(code int, cause string) { g.t.Forsake(code, cause) }

// Close implements [Group].
func (g *group) Close() error {
	if g.shut {
		return errClosed
	}
	err := g.start("close", g.t.Close).Wait()
	g.shut = true
	close(g.work)
	<-g.closed
	return err
}

// exchange is Transport.Exchange, counted, with this rank's own part.
func (g *group) exchange(send, recv Parts) error {
	copy(recv.Part(g.t.Rank()), send.Part(g.t.Rank()))
	return g.exchangeOthers(send, recv)
}

// exchangeOthers is Transport.Exchange, counted.
func (g *group) exchangeOthers(send, recv Parts) error {
	g.sent(send.Bounds[g.t.Size()] - send.Bounds[0] - len(send.Part(g.t.Rank())))
	return g.t.Exchange(send, recv)
}

// share is Transport.Share, counted.
func (g *group) share(buf Parts) error {
	g.sent(len(buf.Part(g.t.Rank())) * (g.t.Size() - 1))
	return g.t.Share(buf)
}

func (g *group) sent(bytes int) { g.moved += int64(bytes) }

// memory gives n bytes that are used until the next call of it.
func (g *group) memory(n int) []byte {
	if cap(g.scratch) < n {
		g.scratch = make([]byte, n)
	}
	return g.scratch[:n]
}
