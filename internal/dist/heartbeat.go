package dist

import (
	"bufio"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Heartbeat says how ranks on several machines watch each other.
type Heartbeat struct {
	// Silence is how long a rank may say nothing before it counts as lost.
	Silence time.Duration
	// Lost is called, once, when a rank is lost; rank and host say which.
	Lost func(rank int, host string, silence time.Duration)

	host string // of this rank; "" asks the system
}

// DefaultSilence is long beside anything that keeps a machine from scheduling a thread, and short enough that all ranks end within 10 s.
const DefaultSilence = 6 * time.Second

const (
	beatsPerSilence = 10              // of each rank in the time after which it counts as lost
	arrival         = 5 * time.Second // for connections at the start
	tokenLen        = 16
)

// The bytes that ranks send each other.
const (
	beating byte = 'b'
	leaving byte = 'l' // nothing more will come
)

// place is where rank 0 can be reached, and where another one is.
type place struct {
	Host      string
	Addresses []string // of rank 0
	Token     []byte   // what who connects has to show
}

// StartHeartbeat has rank 0 and every rank on another machine hear of each other several times per Silence, over a TCP connection beside MPI: a
// network that is cut, or a machine that lost its power, says nothing, and TCP itself takes a quarter of an hour to give up. A rank
// that is busy goes on beating, as that is a goroutine. All ranks call it. On one machine there is nothing to
// watch, as the launcher sees there how processes end. unwatched says, on all ranks alike, which ranks cannot be watched and why; stop
// ends it, before the ranks part.
func StartHeartbeat(g Group, h Heartbeat) (stop func(), unwatched []string, err error) {
	w, unwatched, err := startWatch(g, h)
	if err != nil {
		return nil, nil, err
	}
	return w.stop, unwatched, nil
}

func startWatch(g Group, h Heartbeat) (w *watch, unwatched []string, err error) {
	w = &watch{Heartbeat: h, over: make(chan struct{})}
	if w.host == "" {
		w.host, _ = os.Hostname() // all have the same then, and nothing is watched
	}
	here := place{Host: w.host}
	var door net.Listener
	if g.Rank() == 0 && g.Size() > 1 {
		if door, err = net.Listen("tcp", ":0"); err == nil {
			here.Addresses = addresses(door)
			here.Token = make([]byte, tokenLen)
			_, _ = rand.Read(here.Token) // never fails
		}
	}
	all, err := gatherPlaces(g, here)
	if err != nil {
		return nil, nil, errors.Join(err, shut(door))
	}
	failed := w.connect(g, door, all)
	told, err := g.AllGather([]byte(failed))
	if err = errors.Join(err, shut(door)); err != nil {
		w.stop()
		return nil, nil, err
	}
	for rank, why := range told {
		if len(why) > 0 {
			unwatched = append(unwatched, fmt.Sprintf("rank %d on %s: %s", rank, all[rank].Host, why))
		}
	}
	return w, unwatched, nil
}

// gatherPlaces tells all ranks where each is.
func gatherPlaces(g Group, here place) ([]place, error) {
	text, err := json.Marshal(here)
	if err != nil {
		return nil, err
	}
	texts, err := g.AllGather(text)
	if err != nil {
		return nil, err
	}
	all := make([]place, len(texts))
	for i, t := range texts {
		if err := json.Unmarshal(t, &all[i]); err != nil {
			return nil, fmt.Errorf("where rank %d is cannot be read: %w", i, err)
		}
	}
	return all, nil
}

func shut(door net.Listener) error {
	if door == nil {
		return nil
	}
	return door.Close()
}

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

// connect makes the connections of this rank and starts watching them. It returns why this rank cannot be watched, or "".
func (w *watch) connect(g Group, door net.Listener, all []place) (failed string) {
	if g.Rank() > 0 {
		if all[g.Rank()].Host == all[0].Host {
			return ""
		}
		conn, err := reach(all[0], g.Rank())
		if err != nil {
			return err.Error()
		}
		w.add(&peer{rank: 0, host: all[0].Host, conn: conn})
		return ""
	}
	missing := 0
	for _, p := range all {
		if p.Host != w.host {
			missing++
		}
	}
	until := time.Now().Add(arrival)
	for ; missing > 0 && door != nil; missing-- {
		_ = door.(*net.TCPListener).SetDeadline(until) // of a listener that is open
		conn, err := door.Accept()
		if err != nil {
			break // who did not come says why
		}
		rank, ok := greeted(conn, all)
		if !ok {
			_ = conn.Close() // a stranger's
			missing++
			continue
		}
		w.add(&peer{rank: rank, host: all[rank].Host, conn: conn})
	}
	return ""
}

// greeting is what who connects says.
type greeting struct {
	Rank  int
	Token []byte
}

// reach connects to rank 0 by the first of its addresses that answers.
func reach(to place, rank int) (net.Conn, error) {
	if len(to.Addresses) == 0 {
		return nil, errors.New("rank 0 listens nowhere")
	}
	text, err := json.Marshal(greeting{rank, to.Token})
	if err != nil {
		return nil, err
	}
	var failed []string
	until := time.Now().Add(arrival)
	for i, a := range to.Addresses {
		left := time.Until(until) / time.Duration(len(to.Addresses)-i)
		conn, err := net.DialTimeout("tcp", a, left)
		if err == nil {
			if err = answered(conn, text, until); err == nil {
				return conn, nil
			}
			_ = conn.Close() // of no use
		}
		failed = append(failed, err.Error())
	}
	return nil, errors.New("rank 0 cannot be reached: " + strings.Join(failed, "; "))
}

// answered greets rank 0 and waits for its first beat, which says that it was rank 0.
func answered(conn net.Conn, text []byte, until time.Time) error {
	if err := conn.SetDeadline(until); err != nil {
		return err
	}
	if _, err := conn.Write(append(text, '\n')); err != nil {
		return err
	}
	var first [1]byte
	if _, err := io.ReadFull(conn, first[:]); err != nil {
		return err
	}
	return conn.SetDeadline(time.Time{})
}

// greeted reads who connects.
func greeted(conn net.Conn, all []place) (rank int, ok bool) {
	if conn.SetDeadline(time.Now().Add(time.Second)) != nil {
		return 0, false
	}
	const longest = 200
	line, err := bufio.NewReaderSize(io.LimitReader(conn, longest), longest).ReadBytes('\n')
	var said greeting
	if err != nil || json.Unmarshal(line, &said) != nil || subtle.ConstantTimeCompare(said.Token, all[0].Token) != 1 ||
		said.Rank <= 0 || said.Rank >= len(all) {
		return 0, false
	}
	if _, err := conn.Write([]byte{beating}); err != nil {
		return 0, false
	}
	return said.Rank, conn.SetDeadline(time.Time{}) == nil
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

// addresses are where others may reach a listener, the most likely first: those of networks, then of this machine.
func addresses(door net.Listener) (all []string) {
	_, port, err := net.SplitHostPort(door.Addr().String())
	if err != nil {
		return nil
	}
	found, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var own []string
	for _, a := range found {
		n, ok := a.(*net.IPNet)
		switch {
		case !ok || n.IP.IsLinkLocalUnicast():
		case n.IP.IsLoopback():
			own = append(own, net.JoinHostPort(n.IP.String(), port))
		default:
			all = append(all, net.JoinHostPort(n.IP.String(), port))
		}
	}
	return append(all, own...)
}
