package dist

import (
	"bufio"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// place is where rank 0 can be reached, and where another one is.
type place struct {
	Host      string
	Addresses []string // of rank 0
	Token     []byte   // what who connects has to show
	Silence   time.Duration
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
