package dist

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// Heartbeat says how ranks on several machines watch each other.
type Heartbeat struct {
	// Silence is how long a rank may say nothing before it counts as lost; 0: ranks do not watch each other. That of rank 0
	// counts for all, as launchers do not give the environment of rank 0 to other machines.
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

// LeastSilence is the shortest Silence but 0: below it, a busy machine would count as lost.
const LeastSilence = time.Second

// StartHeartbeat has rank 0 and every rank on another machine hear of each other several times per Silence, over a TCP connection beside MPI: a
// network that is cut, or a machine that lost its power, says nothing, and TCP itself takes a quarter of an hour to give up. A rank
// that is busy goes on beating, as that is a goroutine. All ranks call it, whatever their Silence. On one machine there is nothing to
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
	here := place{Host: w.host, Silence: w.Silence}
	var door net.Listener
	if g.Rank() == 0 && g.Size() > 1 && w.Silence > 0 {
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
	if w.Silence = all[0].Silence; w.Silence == 0 {
		return w, nil, nil
	}
	failed := w.connect(g, door, all)
	told, err := g.AllGather([]byte(failed))
	if err = errors.Join(err, shut(door)); err != nil {
		w.stop()
		return nil, nil, err
	}
	for rank, why := range told {
		if len(why) > 0 {
			w.giveUp(rank)
			unwatched = append(unwatched, fmt.Sprintf("rank %d on %s: %s", rank, all[rank].Host, why))
		}
	}
	return w, unwatched, nil
}
