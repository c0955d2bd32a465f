package dist

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// watched runs f on n ranks of as many hosts that watch each other, and returns the ranks that were lost, as "who: whom".
func watched(t *testing.T, n int, silence time.Duration, f func(rank int, w *watch)) []string {
	t.Helper()
	var mu sync.Mutex
	var lost []string
	mustAll(t, onRanks(n, func(g Group) error {
		w, unwatched, err := startWatch(g, Heartbeat{
			Silence: silence, host: fmt.Sprint("host", g.Rank()),
			Lost: func(rank int, host string, after time.Duration) {
				mu.Lock()
				defer mu.Unlock()
				if host != fmt.Sprint("host", rank) || after != silence {
					t.Errorf("rank %d on %s, %v", rank, host, after)
				}
				lost = append(lost, fmt.Sprintf("%d: %d", g.Rank(), rank))
			},
		})
		if err != nil || len(unwatched) > 0 {
			return fmt.Errorf("%q, %w", unwatched, err)
		}
		f(g.Rank(), w)
		if err := g.Barrier(); err != nil {
			return err
		}
		w.stop()
		for _, p := range w.peers {
			_ = p.conn.Close() // of a rank whose stop a test took
		}
		w.done.Wait()
		return nil
	}))
	slices.Sort(lost)
	return lost
}

func TestARankThatFallsSilentIsLost(t *testing.T) {
	const silence = 500 * time.Millisecond
	for name, fall := range map[string]func(w *watch){
		"connected":     func(w *watch) { close(w.over) },
		"not connected": func(w *watch) { _ = w.peers[0].conn.Close() },
	} {
		lost := watched(t, 3, silence, func(rank int, w *watch) {
			if rank == 1 {
				w.ended.Do(func() { fall(w) })
			}
			time.Sleep(3 * silence)
		})
		if !slices.Contains(lost, "0: 1") || slices.Contains(lost, "0: 2") || slices.Contains(lost, "2: 0") {
			t.Errorf("%s: lost %q", name, lost)
		}
	}
}

func TestABusyRankIsNotLostAndNeitherIsOneThatLeft(t *testing.T) {
	const silence = time.Second
	lost := watched(t, 3, silence, func(rank int, w *watch) {
		if rank == 2 {
			w.stop()
		}
		for start := time.Now(); rank == 1 && time.Since(start) < 3*silence; {
		}
	})
	if len(lost) > 0 {
		t.Errorf("lost %q", lost)
	}
}

func TestRanksOfOneMachineAreNotWatched(t *testing.T) {
	mustAll(t, onRanks(3, func(g Group) error {
		w, unwatched, err := startWatch(g, Heartbeat{Silence: time.Second, host: "here"})
		if err != nil || len(w.peers)+len(unwatched) > 0 {
			return fmt.Errorf("%d peers, %q, %w", len(w.peers), unwatched, err)
		}
		w.stop()
		return nil
	}))
}

func TestRank0SaysHowLongSilenceMayLast(t *testing.T) {
	for _, of0 := range []time.Duration{0, time.Minute} {
		mustAll(t, onRanks(2, func(g Group) error {
			h := Heartbeat{Silence: of0, host: fmt.Sprint("host", g.Rank())}
			if g.Rank() == 1 {
				h.Silence = time.Minute - of0 // as where the launcher gives the environment to rank 0 alone
			}
			w, unwatched, err := startWatch(g, h)
			if err != nil || w.Silence != of0 || (len(w.peers) > 0) != (of0 > 0) || len(unwatched) > 0 {
				return fmt.Errorf("silence %v of %v, %d peers, %q, %w", w.Silence, of0, len(w.peers), unwatched, err)
			}
			w.stop()
			return g.Barrier()
		}))
	}
}

func TestARankThatGaveUpItsConnectionIsNotLost(t *testing.T) {
	const silence = 100 * time.Millisecond
	var lost atomic.Int32
	w := &watch{over: make(chan struct{}), Heartbeat: Heartbeat{Silence: silence, Lost: func(int, string, time.Duration) { lost.Add(1) }}}
	here, there := net.Pipe()
	_ = there.Close()
	w.add(&peer{rank: 1, conn: here})
	w.giveUp(1)
	time.Sleep(3 * silence)
	w.stop()
	if lost.Load() > 0 {
		t.Error("it is lost")
	}
}

func TestARankThatCannotReachRank0IsNamed(t *testing.T) {
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := door.Addr().String()
	if err := door.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := reach(place{Addresses: []string{nobody}}, 1); err == nil || !strings.Contains(err.Error(), "rank 0 cannot be reached") {
		t.Error(err)
	}
}

func TestStrangersAreNotTakenForRanks(t *testing.T) {
	all := []place{{Token: []byte("right")}, {}}
	for text, want := range map[string]bool{
		`{"Rank":1,"Token":"cmlnaHQ="}`:  true,
		`{"Rank":1,"Token":"d3Jvbmc="}`:  false,
		`{"Rank":2,"Token":"cmlnaHQ="}`:  false,
		`{"Rank":0,"Token":"cmlnaHQ="}`:  false,
		"GET / HTTP/1.1":                 false,
		strings.Repeat("nothing ", 1000): false,
	} {
		here, there := net.Pipe()
		go func() {
			_, _ = there.Write([]byte(text + "\n"))
			var answer [1]byte
			_, _ = there.Read(answer[:])
		}()
		if rank, ok := greeted(here, all); ok != want || ok && rank != 1 {
			t.Errorf("%q: rank %d, %v", text, rank, ok)
		}
		_ = here.Close()
		_ = there.Close()
	}
}
