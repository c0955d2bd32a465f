package dist

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
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
		return nil
	}))
	slices.Sort(lost)
	return lost
}

func TestARankThatFallsSilentIsLost(t *testing.T) {
	const silence = 300 * time.Millisecond
	for name, fall := range map[string]func(w *watch){
		"connected":     func(w *watch) { close(w.over) },
		"not connected": func(w *watch) { _ = w.peers[0].conn.Close() },
	} {
		lost := watched(t, 3, silence, func(rank int, w *watch) {
			if rank == 1 {
				w.ended.Do(func() { fall(w) })
			}
			time.Sleep(5 * silence)
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
