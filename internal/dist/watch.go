package dist

import (
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// watch is a heartbeat that has started.
type watch struct {
	Heartbeat
	lost  sync.Once
	over  chan struct{}
	ended sync.Once
	peers []*peer
	done  sync.WaitGroup
}

// peer is the connection to another rank.
type peer struct {
	rank  int
	host  string
	conn  net.Conn
	heard atomic.Int64 // bytes
	left  atomic.Bool
}

// add starts to watch a peer.
func (w *watch) add(p *peer) {
	w.peers = append(w.peers, p)
	w.done.Go(func() { w.hear(p) })
	w.done.Go(func() { w.beat(p) })
}

// hear counts what comes from a peer. A connection that ends without a word is silence: how a process ended is first the
// launcher's affair.
func (w *watch) hear(p *peer) {
	buf := make([]byte, 64)
	for {
		n, err := p.conn.Read(buf)
		p.heard.Add(int64(n))
		if slices.Contains(buf[:n], leaving) {
			p.left.Store(true)
			return
		}
		if err != nil {
			return
		}
	}
}

// beat says that this rank is there, and counts for how many beats nothing came back. Beats are counted, not time, so that a process that
// was stopped for a while does not blame the others.
func (w *watch) beat(p *peer) {
	tick := time.NewTicker(w.Silence / beatsPerSilence)
	defer tick.Stop()
	var heard int64
	silent := 0
	for {
		select {
		case <-w.over:
			return
		case <-tick.C:
		}
		if p.left.Load() {
			return
		}
		_ = p.conn.SetWriteDeadline(time.Now().Add(w.Silence)) // a buffer that is full is of one that is lost
		_, _ = p.conn.Write([]byte{beating})                   // an error shows as silence
		if now := p.heard.Load(); now != heard {
			heard, silent = now, 0
			continue
		}
		if silent++; silent > beatsPerSilence {
			w.lost.Do(func() { w.Lost(p.rank, p.host, w.Silence) })
			return
		}
	}
}

// giveUp ends the watch of a rank that gave up the connection which this one took: its silence means nothing.
func (w *watch) giveUp(rank int) {
	for _, p := range w.peers {
		if p.rank == rank {
			p.left.Store(true)
			_ = p.conn.Close() // nobody is at its other end
		}
	}
}

// stop takes leave.
func (w *watch) stop() {
	w.ended.Do(func() {
		close(w.over)
		for _, p := range w.peers {
			_ = p.conn.SetDeadline(time.Now().Add(time.Second)) // who is there takes it at once
			_, _ = p.conn.Write([]byte{leaving})                // who is gone does not need it
			_ = p.conn.Close()                                  // nothing is expected of it
		}
		w.done.Wait()
	})
}
